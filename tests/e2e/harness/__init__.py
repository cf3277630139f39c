"""What the end-to-end tests are made of: real programs, real sockets and scripted upstreams."""
