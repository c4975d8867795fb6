"""The KPIs of a history: on time, in full, perfect, how long nodes take, how many orders had an exception."""
