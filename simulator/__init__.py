"""Rules over history: replay, backtest, tuning, reports, and the generator of synthetic orders."""
