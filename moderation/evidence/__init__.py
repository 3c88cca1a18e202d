"""What happened to stored items goes in; what rules did or would do comes out: explain, replay, backtest, tune."""
