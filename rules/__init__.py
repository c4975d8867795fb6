"""The rule language: files, types, calendars, located errors, lint, tests of rules, matchers and shipped packs."""
