/** What package record offers. */
export {}
