/** The null filter (BIO_f_null): everything passes through. */
import { Filter } from './filter.ts'

/** A `Filter` of its own name, so that `find` can tell it from the others. */
export class NullFilter extends Filter {}
