import type { Measure, Suite } from '../harness/suite.js'
import { formatFigure } from './format.js'
import type { Results, Row } from './results.js'

/** All results as Markdown: where and with what they were measured, and a table per suite. */
export function renderTables(results: Results, suites: readonly Suite[]): string {
  const tables = suites.flatMap((suite) => {
    const rows = results.rows.filter((row) => row.suite === suite.name)
    return rows.length === 0
      ? []
      : [`### ${suite.title}`, renderLegend(suite), renderTable(suite, rows)].filter((part) => part !== '')
  })
  return [renderCircumstances(results), ...tables].join('\n\n')
}

function renderCircumstances({ machine, versions, settings }: Results): string {
  const servers = [machine.redis && `Redis ${machine.redis}`, machine.rabbitmq && `RabbitMQ ${machine.rabbitmq}`]
  const where = [machine.cpu, `${machine.cores} cores`, machine.os, `Node ${machine.node}`, ...servers]
  const what = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const rounds = settings.rounds === 1 ? 'one round' : `medians of ${settings.rounds} rounds`
  const quick = settings.scale === 'quick' ? ' A quick run: shorter warm-up, noisier figures.' : ''
  return `Measured on ${where.filter(Boolean).join(', ')}, with ${what.join(', ')}; ${rounds}.${quick}`
}

function renderTable(suite: Suite, rows: readonly Row[]): string {
  const { subjects, experiments } = suite
  const names = subjects.filter((name) => rows.some((row) => row.subject === name))
  const measures = experiments.flatMap((experiment) => experiment.measures)
  const lines = measures.flatMap((measure) => {
    const found = rows.filter((row) => row.measure === measure.name)
    if (found.length === 0) return []
    const cells = names.map((name) =>
      renderCell(
        found.find((row) => row.subject === name),
        referenceOf(suite),
      ),
    )
    return renderLine([`\`${measure.name}\``, describe(measure), ...cells])
  })
  const header = renderLine(['measure', 'what', ...names])
  const rule = renderLine(['---', '---', ...names.map(() => '---:')])
  return [header, rule, ...lines].join('\n')
}

function describe({ about, unit, better }: Measure): string {
  return `${about} (${unit}, ${better} is better)`
}

/** What the others are compared with: BullMQ where it takes part, else the plain client. */
function referenceOf({ subjects, raw }: Suite): string | undefined {
  return ['bullmq', raw].find((name) => name !== undefined && subjects.includes(name))
}

function renderLegend(suite: Suite): string {
  const reference = referenceOf(suite)
  return reference === undefined ? '' : `In brackets: how many times better than ${reference}; above 1 is better.`
}

function renderCell(row: Row | undefined, reference: string | undefined): string {
  if (row === undefined) return '–'
  const ratio = reference === 'bullmq' ? row.ratioToBullmq : row.ratioToRaw
  const isCompared = row.subject !== reference && ratio !== null
  return isCompared ? `${formatFigure(row.median)} (${ratio.toFixed(2)}×)` : formatFigure(row.median)
}

function renderLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
