/**
 * `gcp-pubsub` → `GcpPubsub`, as class names begin.
 * @param {string} name
 */
export function pascalCase(name) {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}
