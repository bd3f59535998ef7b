/** What package ssl offers. */
export {}
