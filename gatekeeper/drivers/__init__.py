"""What drives the engines: sockets and the clock (serve), capture files (replay), the commit of effects."""
