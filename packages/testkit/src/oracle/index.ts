/** `@biopair/testkit/oracle`. */
export {}
