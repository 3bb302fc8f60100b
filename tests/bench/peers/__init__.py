"""Chat servers to measure against, each as its users would write it."""
