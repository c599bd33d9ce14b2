#!/usr/bin/env node
/** The `baton` command. Each command is imported when it is called, so that all start fast. */
import { endQuietlyOnClosedPipe } from './command-io.ts'
import { buildProgram } from './program.ts'

endQuietlyOnClosedPipe()
const program = await buildProgram(process.argv.slice(2))
await program.parseAsync()
