// An answer that did not come. kind: "offline", "busy", "signed_out", or "refused" with the server's own line.
export class Problem extends Error {
  constructor(kind, message = kind) {
    super(message);
    this.kind = kind;
  }
}

export function describeProblem(problem, words) {
  return problem instanceof Problem && problem.kind !== "refused"
    ? words.say(`problem_${problem.kind}`)
    : words.say("problem_refused", { reason: problem.message });
}
