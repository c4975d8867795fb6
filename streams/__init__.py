"""The way of an event: events, entities, the model, the clock, the loop, the sources and the two runners."""
