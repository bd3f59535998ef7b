/** UTCTime and GeneralizedTime as milliseconds since 1970 (RFC 5280 §4.1.2.5). */
import { DerError, type DerReader, tags } from './der.ts'

const days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const fourCenturies = 146_097 * 86_400_000

/** A Time: `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`, to the second, in UTC, and nothing else. */
export function readTime(from: DerReader, what: string): number {
  const short = from.peek() === tags.UTCTime
  const { start, content, end } = from.take(short ? tags.UTCTime : tags.GeneralizedTime, what)
  const yearDigits = short ? 2 : 4
  const pair = (at: number): number => {
    const tens = (from.bytes[at] as number) - 0x30
    const ones = (from.bytes[at + 1] as number) - 0x30
    return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? Number.NaN : tens * 10 + ones
  }
  const at = content + yearDigits
  // RFC 5280 §4.1.2.5.1: 50 and above is 19YY, below is 20YY.
  const first = pair(content)
  const year = short ? first + (first < 50 ? 2000 : 1900) : first * 100 + pair(content + 2)
  const month = pair(at)
  const day = pair(at + 2)
  const hour = pair(at + 4)
  const minute = pair(at + 6)
  const second = pair(at + 8)
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const real =
    end - at === 11 &&
    from.bytes[end - 1] === 0x5a &&
    day >= 1 &&
    day <= (days[month - 1] ?? 0) + (leap ? 1 : 0) &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  if (!real || Number.isNaN(year))
    throw new DerError(
      `${what} as ${short ? 'YYMMDDHHMMSSZ' : 'YYYYMMDDHHMMSSZ'}`,
      'something else',
      start,
      'RFC 5280 4.1.2.5',
    )
  // Date.UTC takes the years 0 to 99 for 1900 to 1999; the calendar repeats after 400 years.
  return Date.UTC(year + 400, month - 1, day, hour, minute, second) - fourCenturies
}
