"""The sentence form of rules: templates in Chinese and English that expand to the core keys, and back."""
