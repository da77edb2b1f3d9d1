/** A picture to draw: its size in pixels, and what an SVG of that size contains. */
export interface Scene {
  readonly width: number
  readonly height: number
  readonly content: string
}

/** A vertical gradient over the whole scene, from the first colour at the top to the last one. */
function sky(...colours: readonly string[]): string {
  const stops = colours.map(
    (colour, index) => `<stop offset="${index / (colours.length - 1)}" stop-color="${colour}"/>`,
  )
  return `<linearGradient id="sky" x2="0" y2="1">${stops.join('')}</linearGradient>
    <rect width="100%" height="100%" fill="url(#sky)"/>`
}

function times(count: number, draw: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => draw(index)).join('')
}

/** Looks random, and is the same at every run: from 0 to 1. */
function scatter(index: number, salt: number): number {
  const sine = Math.sin(index * 12.9898 + salt * 78.233) * 43_758.5453
  return sine - Math.floor(sine)
}

function pine(x: number, y: number, size: number, colour: string): string {
  const tiers = times(3, (tier) => {
    const [top, half] = [y - size * (1 - tier * 0.22), size * (0.16 + tier * 0.08)]
    return `<path d="M${x} ${top} L${x + half} ${top + size * 0.42} H${x - half} Z"/>`
  })
  return `<g fill="${colour}">${tiers}<rect x="${x - size * 0.03}" y="${y - size * 0.2}" width="${size * 0.06}" height="${size * 0.2}"/></g>`
}

function fish(x: number, y: number, size: number, colour: string): string {
  return `<g transform="translate(${x} ${y}) scale(${size})" fill="${colour}"><ellipse rx="60" ry="34"/>
    <path d="M45 0 L105 -38 Q90 0 105 38 Z"/><path d="M-10 -30 Q15 -62 38 -24 Z"/><circle cx="-34" cy="-8" r="9" fill="#fff"/>
    <circle cx="-36" cy="-8" r="4" fill="#111"/></g>`
}

/** By file name: every form and size, and colours that are far apart. */
export const scenes: Readonly<Record<string, Scene>> = {
  'aquarium.webp': {
    width: 1_200,
    height: 800,
    content: `${sky('#2dd4e8', '#0369a1', '#083358')}
      ${times(26, (i) => `<circle cx="${scatter(i, 1) * 1_200}" cy="${scatter(i, 2) * 800}" r="${4 + scatter(i, 3) * 16}" fill="#fff" opacity="0.22"/>`)}
      ${times(9, (i) => `<path d="M${80 + i * 135} 800 q-60 -90 0 -180 t0 -${90 + scatter(i, 4) * 150}" stroke="#16a34a" stroke-width="20" stroke-linecap="round" fill="none"/>`)}
      ${fish(350, 260, 2, '#fb923c')}${fish(860, 420, 1.5, '#facc15')}${fish(520, 560, 1.2, '#f472b6')}${fish(960, 170, 1, '#fb7185')}`,
  },
  'balloon.png': {
    width: 900,
    height: 1_200,
    content: `${sky('#7dd3fc', '#e0f2fe')}
      ${times(5, (i) => `<g fill="#fff" opacity="0.9" transform="translate(${80 + ((i * 410) % 790)} ${140 + i * 235})"><ellipse rx="150" ry="34"/><ellipse cx="30" cy="-30" rx="70" ry="42"/></g>`)}
      <path d="M372 760 L416 900 M528 760 L484 900" stroke="#713f12" stroke-width="7"/>
      <path d="M450 180 C120 180 130 560 365 770 H535 C770 560 780 180 450 180" fill="#dc2626"/>
      <path d="M450 180 C260 180 270 560 405 770 H495 C630 560 640 180 450 180" fill="#fbbf24"/>
      <path d="M450 180 C390 180 390 560 432 770 H468 C510 560 510 180 450 180" fill="#dc2626"/>
      <rect x="405" y="890" width="90" height="80" rx="12" fill="#92400e"/>`,
  },
  'city at night.jpg': {
    width: 1_200,
    height: 900,
    content: `${sky('#0b1026', '#1e1b4b', '#4c1d95')}
      ${times(70, (i) => `<circle cx="${scatter(i, 6) * 1_200}" cy="${scatter(i, 7) * 500}" r="2.5" fill="#fff"/>`)}
      <circle cx="960" cy="180" r="76" fill="#fef3c7"/>
      ${times(11, (i) => {
        const [x, top] = [i * 112 - 15, 330 + scatter(i, 8) * 300]
        const windows = times(28, (w) => {
          const isLit = scatter(w, i + 9) > 0.42
          return `<rect x="${x + 14 + (w % 4) * 22}" y="${top + 22 + Math.floor(w / 4) * 42}" width="12" height="22" fill="${isLit ? '#fde047' : '#1f2937'}"/>`
        })
        return `<rect x="${x}" y="${top}" width="104" height="${900 - top}" fill="#0a0f1f"/>${windows}`
      })}`,
  },
  'desert.jpg': {
    width: 1_400,
    height: 700,
    content: `${sky('#38bdf8', '#fde68a')}<circle cx="1090" cy="150" r="80" fill="#fffbeb"/>
      <path d="M0 430 Q350 250 760 430 T1400 380 V700 H0 Z" fill="#e9a95b"/>
      <path d="M0 520 Q300 600 640 470 T1400 500 V700 H0 Z" fill="#d98a3d"/>
      <path d="M0 640 Q500 520 900 620 T1400 590 V700 H0 Z" fill="#b96a24"/>
      <g stroke="#3f7d3a" stroke-width="46" stroke-linecap="round" fill="none"><path d="M300 620 V360"/><path d="M300 520 H215 V440 M300 480 H385 V390" stroke-width="34" stroke-linejoin="round"/></g>`,
  },
  'forest.png': {
    width: 800,
    height: 1_200,
    content: `${sky('#d9f99d', '#4d7c0f')}
      ${times(9, (i) => pine(45 + i * 90, 620 + scatter(i, 10) * 60, 420, '#3f7f4a'))}
      ${times(7, (i) => pine(20 + i * 125, 880 + scatter(i, 11) * 60, 520, '#256b38'))}
      ${times(5, (i) => pine(60 + i * 175, 1_190 + scatter(i, 12) * 30, 640, '#124425'))}
      <rect y="1085" width="800" height="115" fill="#0c2f19"/>`,
  },
  'lighthouse.jpg': {
    width: 700,
    height: 1_300,
    content: `${sky('#fda4af', '#fed7aa', '#7dd3c8')}
      <path d="M430 330 L700 230 V450 Z M270 330 L0 230 V450 Z" fill="#fef9c3" opacity="0.8"/>
      <rect y="1010" width="700" height="290" fill="#0f766e"/><path d="M80 1300 Q350 880 620 1300 Z" fill="#44403c"/>
      <path d="M270 400 H430 L470 1090 H230 Z" fill="#fff"/>
      <path d="M262 530 H438 L446 670 H254 Z M246 810 H454 L462 950 H238 Z" fill="#dc2626"/>
      <rect x="250" y="375" width="200" height="30" fill="#292524"/><rect x="285" y="280" width="130" height="95" fill="#fde047"/>
      <path d="M265 285 L350 190 L435 285 Z" fill="#b91c1c"/>`,
  },
  'meadow panorama.jpg': {
    width: 2_400,
    height: 600,
    content: `${sky('#60a5fa', '#dbeafe')}
      <path d="M0 330 Q400 180 900 320 T1700 270 T2400 320 V600 H0 Z" fill="#86c55a"/>
      <path d="M0 420 Q600 300 1200 430 T2400 390 V600 H0 Z" fill="#65a83c"/>
      <path d="M0 520 Q700 430 1500 510 T2400 480 V600 H0 Z" fill="#4a8a2a"/>
      ${times(8, (i) => `<g transform="translate(${150 + i * 300} ${330 + scatter(i, 13) * 110})"><rect x="-9" width="18" height="60" fill="#713f12"/><circle r="${45 + scatter(i, 14) * 30}" fill="#2f6b1f"/></g>`)}`,
  },
  'mountains.jpg': {
    width: 1_600,
    height: 900,
    content: `${sky('#2563eb', '#bfdbfe')}
      <path d="M0 700 L300 340 L520 600 L860 180 L1180 580 L1360 400 L1600 660 V900 H0 Z" fill="#5b6b86"/>
      <path d="M860 180 L1010 368 L930 345 L870 400 L800 340 L733 337 Z M300 340 L375 430 L320 415 L270 450 L225 430 Z M1360 400 L1425 470 L1370 462 L1310 440 Z" fill="#fff"/>
      <path d="M0 760 Q400 600 800 740 T1600 720 V900 H0 Z" fill="#33475f"/>
      <path d="M0 840 Q500 740 1000 830 T1600 820 V900 H0 Z" fill="#1d2b3d"/>`,
  },
  'planet.png': {
    width: 1_000,
    height: 1_000,
    content: `<radialGradient id="ball" cx="0.35" cy="0.3" r="0.8"><stop stop-color="#f5d0fe"/><stop offset="0.5" stop-color="#c026d3"/><stop offset="1" stop-color="#4a044e"/></radialGradient>
      <g transform="rotate(-20 500 500)" fill="none" stroke="#f59e0b" stroke-width="44"><ellipse cx="500" cy="500" rx="455" ry="125"/>
      <circle cx="500" cy="500" r="280" fill="url(#ball)" stroke="none"/><path d="M45 500 A455 125 0 0 0 955 500"/></g>`,
  },
  'sailboat.jpg': {
    width: 1_000,
    height: 1_000,
    content: `${sky('#f0f9ff', '#a5d8f3')}<rect y="600" width="1000" height="400" fill="#1d6fb8"/>
      ${times(7, (i) => `<path d="M0 ${660 + i * 50} q62 -22 125 0 t125 0 t125 0 t125 0 t125 0 t125 0 t125 0 t125 0" stroke="#5aa9e6" stroke-width="7" fill="none"/>`)}
      <path d="M520 130 V640" stroke="#78350f" stroke-width="16"/><path d="M540 160 L850 590 H540 Z" fill="#fff"/><path d="M500 220 L260 590 H500 Z" fill="#ef4444"/>
      <path d="M220 640 H820 Q770 770 660 770 H380 Q270 770 220 640" fill="#7c2d12"/>`,
  },
  'sunset.jpg': {
    width: 1_200,
    height: 800,
    content: `${sky('#581c87', '#db2777', '#fb923c', '#fdba74')}<circle cx="600" cy="500" r="150" fill="#fef08a"/>
      <rect y="500" width="1200" height="300" fill="#7a1f52"/>
      ${times(9, (i) => `<rect x="${600 - 150 + scatter(i, 15) * 60}" y="${515 + i * 31}" width="${270 - i * 12}" height="11" rx="5" fill="#fdba74"/>`)}
      <path d="M0 520 Q140 440 300 500 L420 520 Z M1200 520 Q1080 450 900 505 L840 520 Z" fill="#3b0a45"/>`,
  },
  'tulips.jpg': {
    width: 1_500,
    height: 1_000,
    content: `${sky('#bae6fd', '#ecfccb')}<rect y="330" width="1500" height="670" fill="#3f8f2f"/>
      ${times(60, (i) => {
        const row = Math.floor(i / 12)
        const size = 0.6 + row * 0.32
        const colour = ['#e11d48', '#f43f5e', '#be123c'][i % 3] as string
        return `<g transform="translate(${(i % 12) * 140 + (row % 2) * 70 - 20} ${400 + row * 130}) scale(${size})"><path d="M0 40 V150" stroke="#1f6b1f" stroke-width="12"/>
          <path d="M-44 -40 Q-22 -10 -20 -46 Q0 -20 20 -46 Q22 -10 44 -40 Q60 60 0 62 Q-60 60 -44 -40" fill="${colour}"/></g>`
      })}`,
  },
}
