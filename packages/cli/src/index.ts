/** What package cli offers. */
export {}
