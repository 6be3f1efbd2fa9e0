import type { Price } from "./price.ts";

const width = 760;
const labelWidth = 250;
const rowHeight = 26;
const barHeight = 16;
const top = 44;
const bottom = 40;

/** Bars on a logarithmic axis: how long one step takes with one session, by the way it goes. */
export function chart(prices: readonly Price[]): string {
  const bars = prices.filter(({ sessions }) => sessions === 1).toSorted((a, b) => a.p50Us - b.p50Us);
  const values = bars.map(({ p50Us }) => p50Us);
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.ceil(Math.log10(Math.max(...values)));
  const room = width - labelWidth - 90;
  const x = (value: number): number => labelWidth + (room * (Math.log10(value) - first)) / (last - first);
  const height = top + bars.length * rowHeight + bottom;
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
  const parts = [
    `<text x="${labelWidth}" y="20" font-size="15" font-weight="bold">Microseconds per step, one session (median)</text>`,
    ...ticks.map((tick) => tickLine(x(tick), height - bottom + 4, tick)),
    ...bars.map((bar, index) => row(bar, top + index * rowHeight, x)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui,sans-serif" font-size="13"><title>Microseconds per step by the way it goes</title><rect width="${width}" height="${height}" fill="#fff"/>
${parts.join("\n")}
</svg>
`;
}

function tickLine(x: number, y: number, value: number): string {
  const at = x.toFixed(1);
  return `<line x1="${at}" x2="${at}" y1="${top - 8}" y2="${y}" stroke="#ddd"/><text x="${at}" y="${y + 16}" text-anchor="middle" fill="#555">${value}</text>`;
}

function row({ carrier, p50Us }: Price, y: number, x: (value: number) => number): string {
  const end = x(p50Us);
  const colour = carrier.startsWith("Python") ? "#b3541e" : carrier.startsWith("container") ? "#7a8fb8" : "#2f5fa7";
  const middle = y + barHeight - 3;
  return `<text x="${labelWidth - 8}" y="${middle}" text-anchor="end">${carrier}</text><rect x="${labelWidth}" y="${y}" width="${(end - labelWidth).toFixed(1)}" height="${barHeight}" fill="${colour}"/><text x="${(end + 6).toFixed(1)}" y="${middle}" fill="#333">${p50Us.toPrecision(3)}</text>`;
}
