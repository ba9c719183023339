"""Search hyperparameters: the study, its trials and the processes they run in."""
