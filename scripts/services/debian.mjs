import { existsSync } from 'node:fs'
import { step } from '../lib/progress.mjs'
import { run } from '../lib/run.mjs'

/**
 * Some packages start a server of the machine's own when they are installed. This answer, asked for by Debian's scripts,
 * forbids it for the time of the installation; a machine that has an answer already keeps it.
 */
const withoutStarting = `
set -e
if [ ! -e /usr/sbin/policy-rc.d ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
fi
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q --no-install-recommends "$@" || { apt-get update -q && apt-get install -y -q --no-install-recommends "$@"; }
`

/**
 * Installs Debian packages, where that is possible without asking anybody.
 * @param {readonly string[]} names
 * @returns {Promise<string | undefined>} why it did not work; nothing when it did
 */
export async function installDebianPackages(names) {
  const byHand = `Install ${names.join(', ')} by hand`
  if (!existsSync('/usr/bin/apt-get')) return `${byHand}: this machine has no apt-get.`
  const shell = ['sh', '-c', withoutStarting, 'sh', ...names]
  const isRoot = process.getuid?.() === 0
  if (!isRoot && !(await hasSudo())) return `${byHand} (sudo apt-get install ${names.join(' ')}): this user may not.`
  try {
    await step(`Install Debian packages ${names.join(', ')}`, async () => {
      const { code, output } = await (isRoot ? run('sh', shell.slice(1)) : run('sudo', ['-n', ...shell]))
      if (code !== 0) throw new Error(output.trim().split('\n').slice(-5).join('\n'))
    })
    return undefined
  } catch (error) {
    return `apt-get could not install ${names.join(', ')}: ${error instanceof Error ? error.message : error}`
  }
}

async function hasSudo() {
  try {
    return (await run('sudo', ['-n', 'true'])).code === 0
  } catch {
    return false
  }
}
