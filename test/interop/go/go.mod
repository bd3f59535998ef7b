module biopair.example/interop

go 1.24
