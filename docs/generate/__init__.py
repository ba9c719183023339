"""Reference pages that are made of the code and the configuration while the site is built."""
