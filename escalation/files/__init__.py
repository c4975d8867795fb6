"""The YAML files of people, chains and channels."""
