import type { Measure, Suite } from '../harness/suite.js'
import { formatFigure } from './format.js'
import type { Results, Row } from './results.js'

/** All results as Markdown: where and with what they were measured, and a table per suite. */
export function renderTables(results: Results, suites: readonly Suite[]): string {
  const tables = suites.flatMap((suite) => {
    const rows = results.rows.filter((row) => row.suite === suite.name)
    return rows.length === 0 ? [] : `### ${suite.title}\n\n${renderTable(suite, rows)}`
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

function renderTable({ subjects, experiments }: Suite, rows: readonly Row[]): string {
  const names = subjects.filter((name) => rows.some((row) => row.subject === name))
  const measures = experiments.flatMap((experiment) => experiment.measures)
  const lines = measures.flatMap((measure) => {
    const found = rows.filter((row) => row.measure === measure.name)
    if (found.length === 0) return []
    const cells = names.map((name) => renderCell(found.find((row) => row.subject === name)))
    return renderLine([`\`${measure.name}\``, describe(measure), ...cells])
  })
  const header = renderLine(['measure', 'what', ...names])
  const rule = renderLine(['---', '---', ...names.map(() => '---:')])
  return [header, rule, ...lines].join('\n')
}

function describe({ about, unit, better }: Measure): string {
  return `${about} (${unit}, ${better} is better)`
}

/** The median, and in brackets how many times better than BullMQ. */
function renderCell(row: Row | undefined): string {
  if (row === undefined) return '–'
  const isReference = row.subject === 'bullmq' || row.ratioToBullmq === null
  return isReference ? formatFigure(row.median) : `${formatFigure(row.median)} (${row.ratioToBullmq?.toFixed(2)}×)`
}

function renderLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
