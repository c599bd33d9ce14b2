import type { Genesis } from '@baton/shared/genesis'
import { readGenesis } from '../../config/genesis-file.ts'

/** `--genesis FILE`. @throws BatonError GENESIS_INVALID */
export function genesisOf(file: string): Genesis {
  const read = readGenesis(file)
  if (read.ok) return read.value
  throw read.error
}
