"""Networks: one family a file, each made from what the data set says about itself."""
