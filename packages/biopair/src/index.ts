/** What package biopair offers. */
export {}
