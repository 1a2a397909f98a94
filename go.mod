module github.com/vulgo-ml/vulgo

go 1.24
