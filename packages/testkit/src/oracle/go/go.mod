module biopair.invalid/oracle

go 1.24
