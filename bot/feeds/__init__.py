"""HTTP and feeds: fetch politely and bounded, decode, parse in a worker process."""
