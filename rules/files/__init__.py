"""The YAML files of the rules: read with every position kept, every problem collected."""
