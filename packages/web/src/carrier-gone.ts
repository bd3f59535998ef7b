/** Why a carrier is gone that has no error of its own to say so. */

export class CarrierGone extends Error {
  override readonly name = 'CarrierGone'
  readonly code = 'ERR_CARRIER_GONE'
}
