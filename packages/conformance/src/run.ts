import type { Baseline } from "./baseline.ts";
import type { Profile, ServerCheck } from "./check.ts";
import { everyServerCheck } from "./checks/index.ts";
import { createJudge, httpUrl, type Judge, type ServerOptions } from "./judge.ts";
import type { Finding, Report } from "./report.ts";
import { type Level, type RequirementId, requirementLink, requirements, revision } from "./requirements.ts";

/** One requirement, ready to be observed. */
export interface Check<P extends Finding["profile"] = Finding["profile"]> {
  id: RequirementId;
  profile: P;
  level: Level;
  /** The requirement as the specification has it. */
  sentence: string;
  link: string;
  /** Observes it. Throws `Unreachable` where there is no server, and an `Error` where the check itself is defective. */
  run(): Promise<Finding>;
}

/**
 * The checks of a server, as values: any test runner can loop over them. Nothing is sent before the first one runs. Run them one
 * after the other: some of them fill every slot that the server has.
 */
export function serverChecks(options: ServerOptions): Check<Profile>[] {
  const { judge } = createJudge(options);
  return everyServerCheck.map((check) => ({
    id: check.id,
    profile: check.profile,
    ...requirements[check.id],
    link: requirementLink(check.id),
    run: () => judge(check),
  }));
}

export interface RunOptions extends ServerOptions {
  /** How the report names the server. Default: its address. */
  target?: string;
  /** Failures that are expected. */
  baseline?: Baseline;
  /** Only these requirements. Default: all. */
  only?: readonly string[];
  /** Sees each finding as it is made, with how many there are and will be. */
  onFinding?: (finding: Finding, made: number, all: number) => void;
  /** Stops the run: checks that have begun end, no other begins, and the run rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Runs every check against a server and leaves no session behind. Throws `Unreachable` where there is no server. */
export async function runServerChecks(options: RunOptions): Promise<Report> {
  const judge = createJudge(options);
  const chosen = everyServerCheck.filter(({ id }) => options.only?.includes(id) ?? true);
  const facts = await unlessAborted(judge.facts(), options.signal);
  const before = facts.openBefore;
  const made: Finding[] = [];
  await schedule(chosen, judge, options.signal, (finding) => {
    made.push(finding);
    options.onFinding?.(finding, made.length, chosen.length);
  });
  const after = await judge.openAfter();
  const order = new Map<string, number>(chosen.map(({ id }, index) => [id, index]));
  made.sort((left, right) => (order.get(left.id) ?? 0) - (order.get(right.id) ?? 0));
  return summarize({
    kind: "server",
    target: options.target ?? publicAddress(options.url),
    profiles: await judge.profiles(),
    seed: options.seed ?? 1,
    findings: made,
    baseline: options.baseline,
    missing: (options.profiles ?? []).filter((profile) => !facts.profiles.has(profile)),
    sessions: before === undefined || after === undefined ? undefined : { before, after },
  });
}

/** The address as a report may show it: without a password, and without what may be one in the query. */
function publicAddress(url: string | URL): string {
  const { protocol, host, pathname } = httpUrl(url);
  return `${protocol}//${host}${pathname}`;
}

/** Runs what may run together within the server's capacity, then what must run alone, one by one. */
async function schedule(
  checks: readonly ServerCheck[],
  { judge, room }: Judge,
  signal: AbortSignal | undefined,
  onFinding: (finding: Finding) => void,
): Promise<void> {
  const most = await room();
  const waiting = checks.filter(({ alone }) => !alone);
  const running = new Set<Promise<void>>();
  let used = 0;
  try {
    while (waiting.length > 0 || running.size > 0) {
      signal?.throwIfAborted();
      const index = waiting.findIndex(({ slots }) => used === 0 || used + slots <= most);
      const [check] = index < 0 ? [] : waiting.splice(index, 1);
      if (check === undefined) {
        await unlessAborted(Promise.race(running), signal);
        continue;
      }
      used += check.slots;
      const work = judge(check)
        .then(onFinding)
        .finally(() => {
          used -= check.slots;
          running.delete(work);
        });
      running.add(work);
    }
  } finally {
    // Also at an interruption: what runs closes its sessions, unless that takes too long for whoever waits.
    const late = signal?.aborted === true ? [new Promise((resolve) => setTimeout(resolve, 2000).unref())] : [];
    await Promise.race([Promise.allSettled(running), ...late]);
  }
  for (const check of checks.filter(({ alone }) => alone)) {
    signal?.throwIfAborted();
    onFinding(await unlessAborted(judge(check), signal));
  }
}

/** What `work` comes to, or the signal's reason as soon as it is aborted. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** A report of findings, with those of the baseline marked. */
export function summarize(run: {
  kind: Report["kind"];
  target: string;
  profiles: readonly string[];
  seed: number;
  findings: readonly Finding[];
  baseline: Baseline | undefined;
  /** Profiles that were demanded and are not offered. */
  missing?: readonly string[];
  sessions?: Report["sessions"] | undefined;
}): Report {
  const { baseline, sessions, missing = [], ...rest } = run;
  const failed = (finding: Finding): boolean => finding.status === "fail" || finding.status === "warn";
  const findings = run.findings.map((each) =>
    failed(each) && baseline?.has(each.id) ? { ...each, known: true } : each,
  );
  const count = (status: Finding["status"]): number =>
    findings.filter((each) => each.status === status && !each.known).length;
  const stale_baseline = baseline?.stale(findings) ?? [];
  const judged = findings.some(({ status }) => status !== "not-applicable");
  const left = sessions === undefined ? 0 : sessions.after - sessions.before;
  const complaints = [
    ...stale_baseline,
    ...missing.map((profile) => `the profile ${profile} was demanded, and the server does not offer it`),
    ...(judged ? [] : ["nothing was judged: no requirement of this run is applicable"]),
    ...(left > 0 ? [`${left} more sessions are open than before the run; they may be those of another client`] : []),
  ];
  return {
    schema: 1,
    revision,
    ...rest,
    findings,
    summary: {
      pass: count("pass"),
      fail: count("fail"),
      warn: count("warn"),
      not_applicable: count("not-applicable"),
      known_failures: findings.filter(({ known }) => known).length,
    },
    stale_baseline,
    complaints,
    ...(sessions === undefined ? {} : { sessions }),
    passed: count("fail") === 0 && complaints.length === 0,
  };
}
