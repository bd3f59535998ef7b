/** SSL_alert_type_string(3): alerts as letters and in words. `value` is the level in the upper byte, the description in the lower. */
import { alertName } from '@biopair/wire'

/** `W`, `F` or `U`: warning, fatal, neither. */
export function SSL_alert_type_string(value: number): string {
  return SSL_alert_type_string_long(value).slice(0, 1).toUpperCase()
}

/** `warning`, `fatal` or `unknown`. */
export function SSL_alert_type_string_long(value: number): string {
  return { 1: 'warning', 2: 'fatal' }[value >> 8] ?? 'unknown'
}

/** Two letters; `UK` for an alert that has none. */
export function SSL_alert_desc_string(value: number): string {
  return letters[value & 0xff] ?? 'UK'
}

/** The RFC's name with spaces: `bad record mac`; `unknown` for a number without one. */
export function SSL_alert_desc_string_long(value: number): string {
  const name = alertName(value & 0xff)
  return name.startsWith('alert_') ? 'unknown' : name.replaceAll('_', ' ')
}

const letters: Readonly<Record<number, string>> = {
  0: 'CN',
  10: 'UM',
  20: 'BM',
  21: 'DC',
  22: 'RO',
  30: 'DF',
  40: 'HF',
  41: 'NC',
  42: 'BC',
  43: 'UC',
  44: 'CR',
  45: 'CE',
  46: 'CU',
  47: 'IP',
  48: 'CA',
  49: 'AD',
  50: 'DE',
  51: 'CY',
  60: 'ER',
  70: 'PV',
  71: 'IS',
  80: 'IE',
  90: 'US',
  100: 'NR',
  110: 'UE',
  111: 'CO',
  112: 'UN',
  113: 'BR',
  114: 'BH',
  115: 'UP',
}
