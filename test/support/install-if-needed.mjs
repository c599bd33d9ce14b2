// Runs before `npm start` and `npm test`, under whatever Node the machine has (18 or newer), so it is plain
// JavaScript without dependencies. Installs from the lockfile when node_modules is not what the lockfile says.
// npm puts node_modules/.bin in front of PATH before it starts a script and resolves `node` only then: the script
// that follows this one therefore runs under the Node 24 that was just installed.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Says why `root/node_modules` is not an installation of `root/package-lock.json`, or null when it is. npm keeps a
 * copy of what it installed in `node_modules/.package-lock.json`, written last: no copy means an interrupted install.
 */
export function whyInstall(root) {
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'))
  if (installed === null) return 'nothing is installed yet'
  const wanted = readPackages(join(root, 'package-lock.json'))
  if (wanted === null) throw new Error(`${join(root, 'package-lock.json')} is missing or is not JSON`)
  for (const [path, entry] of Object.entries(wanted)) {
    // The root is not in the copy; packages for other platforms are optional and are not installed.
    if (path === '') continue
    const present = installed[path]
    if (present === undefined && entry.optional === true) continue
    if (JSON.stringify(present) !== JSON.stringify(entry)) return `${path} differs from package-lock.json`
  }
  const surplus = Object.keys(installed).find((path) => wanted[path] === undefined)
  if (surplus !== undefined) return `${surplus} is not in package-lock.json`
  // With --ignore-scripts the lock matches but there is no Node 24 to run the sources with.
  if (!existsSync(join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')))
    return 'the Node 24 of this project is not installed'
  return null
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? null
  } catch {
    return null
  }
}

function install(root) {
  const why = whyInstall(root)
  if (why === null) return
  console.log(`baton: ${why}; running \`npm ci\` once (half a minute)`)
  // npm names its own entry point to its scripts: the same npm runs again, whatever PATH holds.
  const npm = process.env.npm_execpath
  // Without `error`, npm complains that the packages want a newer Node than the one that installs them.
  const args = ['ci', '--loglevel=error']
  const run = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (run.status === 0) {
    const still = whyInstall(root)
    if (still === null) return
    fail(`\`npm ci\` finished, but ${still}`, 'run `npm ci` without --ignore-scripts and without --omit')
  }
  const outcome = run.error
    ? `could not start: ${run.error.message}`
    : run.status === null
      ? `was stopped by ${run.signal}`
      : `failed with exit status ${run.status}`
  fail(
    `\`npm ci\` ${outcome}`,
    'the first run needs the package registry: read the npm lines above, check the network and ' +
      '`npm config get registry`, then give the same command again',
  )
}

function fail(what, remedy) {
  console.error(`baton: ${what}\n  what to do: ${remedy}`)
  process.exit(1)
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url)))
  install(join(dirname(fileURLToPath(import.meta.url)), '..', '..'))
