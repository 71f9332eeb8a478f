"""The running worker: batches in, transactions, confirms and acknowledgements out."""
