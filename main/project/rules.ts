// Rules of models: written, tested, switched on. A rule that changes is off and untested again, so that what is live is what was tested.

import { randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type { ModelRule, Rule, RuleBody, RuleTest } from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { ProjectDatabase } from "./database.ts";
import type { Models } from "./models.ts";

const MOST_RULES = 100;

interface RuleRow {
  id: string;
  body: string;
  live: number;
  test: string | null;
}

const SELECT = "SELECT id, body, live, test FROM model_rules WHERE model = ?";

export class Rules {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #models: Models;

  constructor(database: ProjectDatabase, audit: Audit, models: Models) {
    this.#database = database;
    this.#audit = audit;
    this.#models = models;
  }

  /** In the order in which they were written. Throws app/not-found. */
  list(modelId: string): ModelRule[] {
    this.#models.get(modelId);
    return this.#database.all<RuleRow>(`${SELECT} ORDER BY number`, modelId).map(ruleOf);
  }

  /** Those that are applied. Throws app/not-found. */
  live(modelId: string): Rule[] {
    return this.list(modelId)
      .filter(({ live }) => live)
      .map(({ rule }) => rule);
  }

  /** A new rule, or another body for one; saying the same again changes nothing. Throws app/not-found, app/invalid-input. */
  save(modelId: string, body: RuleBody, id?: string): ModelRule {
    return this.#database.transaction(() => {
      this.#requireClasses(modelId, body);
      const before = id === undefined ? null : this.#get(modelId, id);
      const text = canonicalJson(body);
      if (before === null) return this.#add(modelId, body, text);
      const { id: _, ...said } = before.rule;
      if (canonicalJson(said) === text) return before;
      this.#database.run("UPDATE model_rules SET body = ?, live = 0, test = NULL WHERE id = ?", text, before.rule.id);
      this.#audit.record("rule/save", modelId, {
        before: { rule: before.rule, live: before.live },
        after: { rule: { ...body, id: before.rule.id }, live: false },
      });
      return this.#get(modelId, before.rule.id);
    });
  }

  #add(modelId: string, body: RuleBody, text: string): ModelRule {
    if (this.list(modelId).length >= MOST_RULES) {
      throw new AppError("app/invalid-input", `A model has at most ${MOST_RULES} rules: remove one first.`);
    }
    const id = randomUUID();
    this.#database.run("INSERT INTO model_rules (id, model, body) VALUES (?, ?, ?)", id, modelId, text);
    this.#audit.record("rule/save", modelId, { before: null, after: { rule: { ...body, id }, live: false } });
    return this.#get(modelId, id);
  }

  /** Throws app/not-found. */
  remove(modelId: string, id: string): void {
    this.#database.transaction(() => {
      const { rule, live } = this.#get(modelId, id);
      this.#database.run("DELETE FROM model_rules WHERE id = ?", id);
      this.#audit.record("rule/remove", modelId, { before: { rule, live }, after: null });
    });
  }

  /** Keeps what a test found, for the rules that are still as they were tested. */
  saveTests(modelId: string, tests: readonly { readonly rule: Rule; readonly test: RuleTest }[]): ModelRule[] {
    return this.#database.transaction(() => {
      for (const { rule, test } of tests) {
        const { id, ...body } = rule;
        const { changes } = this.#database.run(
          "UPDATE model_rules SET test = ? WHERE id = ? AND body = ?",
          canonicalJson(test),
          id,
          canonicalJson(body),
        );
        if (changes > 0) this.#audit.record("rule/test", modelId, { rule: rule.name, ruleId: id, ...test });
      }
      return this.list(modelId);
    });
  }

  /** Throws rules/not-tested, app/not-found. */
  switch(modelId: string, id: string, live: boolean): ModelRule {
    return this.#database.transaction(() => {
      const before = this.#get(modelId, id);
      if (live && before.test === null) {
        throw new AppError(
          "rules/not-tested",
          "This rule was not tested on the snapshot as it is now: test it, look at what it catches, then switch it on.",
        );
      }
      if (before.live === live) return before;
      this.#database.run("UPDATE model_rules SET live = ? WHERE id = ?", live ? 1 : 0, id);
      this.#audit.record("rule/switch", modelId, {
        rule: before.rule.name,
        ruleId: id,
        before: { live: before.live },
        after: { live },
      });
      return this.#get(modelId, id);
    });
  }

  #get(modelId: string, id: string): ModelRule {
    this.#models.get(modelId);
    const row = this.#database.one<RuleRow>(`${SELECT} AND id = ?`, modelId, id);
    if (row === undefined) throw new AppError("app/not-found", "This rule is not among the model's any more.");
    return ruleOf(row);
  }

  #requireClasses(modelId: string, { conditions }: RuleBody): void {
    const known = new Set(this.#models.get(modelId).classes.map(({ name }) => name));
    for (const [index, condition] of conditions.entries()) {
      if (!("class" in condition) || known.has(condition.class)) continue;
      const found = `Condition ${index + 1} is about a class that the model does not know`;
      throw new AppError("app/invalid-input", `${found}: expected one of ${[...known].join(", ")}.`);
    }
  }
}

function ruleOf({ id, body, live, test }: RuleRow): ModelRule {
  return {
    rule: { ...(JSON.parse(body) as RuleBody), id },
    live: live === 1,
    test: test === null ? null : (JSON.parse(test) as RuleTest),
  };
}
