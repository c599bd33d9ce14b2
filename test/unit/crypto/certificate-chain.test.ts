import { describe } from 'vitest'
import { registerChainCases } from '../../support/chain-cases.ts'

describe('certificate chains in Node', registerChainCases)
