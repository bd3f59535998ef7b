/** Imported before a program that has nothing to do with us: plants the fault that BIOPAIR_PLANTED names, and leaves it on. */
import { register } from 'node:module'
import { stackFaults } from './planted-stack.ts'

const { BIOPAIR_PLANTED: name } = process.env
const faults = stackFaults.filter(fault => fault.name === name)
register('./planted-hooks.js', import.meta.url, { data: { faults } })
Object.assign(globalThis, { $planted: name })
