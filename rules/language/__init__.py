"""The language of conditions: parsed, typed against the model, normalised, evaluated, explained."""
