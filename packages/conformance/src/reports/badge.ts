import type { Report } from "../report.ts";

const characterWidth = 6.6;
const padding = 8;

/** A badge for a README: what was judged by which revision, and how it went. */
export function badge({ revision, passed, summary, complaints }: Report): string {
  const label = `OpenEnv ${revision}`;
  const failures = summary.fail + complaints.length;
  const value = passed
    ? `conforms · ${summary.pass}${summary.known_failures > 0 ? ` (${summary.known_failures} known)` : ""}`
    : `${failures} ${failures === 1 ? "failure" : "failures"}`;
  const colour = !passed ? "#c0392b" : summary.known_failures > 0 || summary.warn > 0 ? "#8a6d00" : "#2e7d32";
  const left = Math.ceil(label.length * characterWidth + 2 * padding);
  const right = Math.ceil(value.length * characterWidth + 2 * padding);
  const text = (x: number, words: string): string =>
    `<text x="${x}" y="14" text-anchor="middle" fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${words}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${label}: ${value}"><title>${label}: ${value}</title><clipPath id="r"><rect width="${left + right}" height="20" rx="3"/></clipPath><g clip-path="url(#r)"><rect width="${left}" height="20" fill="#444"/><rect x="${left}" width="${right}" height="20" fill="${colour}"/></g>${text(left / 2, label)}${text(left + right / 2, value)}</svg>
`;
}
