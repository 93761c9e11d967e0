import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as contract from '@trustcast/schema';
import ts from 'typescript';

/** Strings of source files that can be computed from constants: literals, templates, sums, and constants of other files. */
export class StaticStrings {
  /** @type {Map<string, ts.SourceFile | undefined>} */
  #files = new Map();
  #root;

  /** @param {string} root folder that paths are relative to */
  constructor(root) {
    this.#root = root;
  }

  /**
   * The outermost strings of a file with their lines.
   * @param {string} path
   */
  of(path) {
    const file = this.#read(path);
    /** @type {{ line: number, text: string }[]} */
    const found = [];
    /** @param {ts.Node} node */
    const visit = (node) => {
      const text = file && isString(node) ? this.#value(node, path, 0) : undefined;
      if (file && text !== undefined)
        found.push({ line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1, text });
      else ts.forEachChild(node, visit);
    };
    if (file) visit(file);
    return found;
  }

  /**
   * The calls of a function in a file, with the arguments that are strings of constants.
   * @param {string} path @param {string} name
   */
  argumentsOf(path, name) {
    const file = this.#read(path);
    /** @type {{ line: number, values: (string | undefined)[] }[]} */
    const found = [];
    /** @param {ts.Node} node */
    const visit = (node) => {
      if (file && ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === name)
        found.push({
          line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1,
          values: node.arguments.map((argument) => this.#value(argument, path, 0)),
        });
      ts.forEachChild(node, visit);
    };
    if (file) visit(file);
    return found;
  }

  /** @param {string} path */
  #read(path) {
    if (!this.#files.has(path)) {
      const full = join(this.#root, path);
      const text = existsSync(full) ? readFileSync(full, 'utf8') : undefined;
      this.#files.set(
        path,
        text === undefined ? undefined : ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true),
      );
    }
    return this.#files.get(path);
  }

  /**
   * undefined: it depends on something that is no constant.
   * @param {ts.Node} node @param {string} path @param {number} depth
   * @returns {string | undefined}
   */
  #value(node, path, depth) {
    if (depth > 20) return undefined;
    if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) return node.text.replace(/^(\d+)_(?=\d)/, '$1');
    if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node))
      return this.#value(node.expression, path, depth + 1);
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
      return joined([node.left, node.right].map((part) => this.#value(part, path, depth + 1)));
    if (ts.isTemplateExpression(node))
      return joined([
        node.head.text,
        ...node.templateSpans.flatMap((span) => [this.#value(span.expression, path, depth + 1), span.literal.text]),
      ]);
    if (ts.isCallExpression(node)) return this.#joinedList(node, path, depth + 1);
    return ts.isIdentifier(node) ? this.#constant(node.text, path, depth + 1) : undefined;
  }

  /**
   * `names.join(' ')` of a list of the contract.
   * @param {ts.CallExpression} call @param {string} path @param {number} depth
   */
  #joinedList({ expression, arguments: [separator] }, path, depth) {
    if (!ts.isPropertyAccessExpression(expression) || expression.name.text !== 'join' || !separator) return undefined;
    const list = new Map(Object.entries(contract)).get(expression.expression.getText());
    const between = this.#value(separator, path, depth);
    return Array.isArray(list) && between !== undefined ? list.join(between) : undefined;
  }

  /**
   * A constant at the top of a file, or of the file that it is imported from.
   * @param {string} name @param {string} path @param {number} depth
   * @returns {string | undefined}
   */
  #constant(name, path, depth) {
    for (const statement of this.#read(path)?.statements ?? []) {
      if (ts.isVariableStatement(statement) && statement.declarationList.flags & ts.NodeFlags.Const)
        for (const { name: of, initializer } of statement.declarationList.declarations)
          if (ts.isIdentifier(of) && of.text === name && initializer) return this.#value(initializer, path, depth);
      if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
      const from = statement.moduleSpecifier.text;
      const bindings = statement.importClause?.namedBindings;
      if (!from.startsWith('.') || !bindings || !ts.isNamedImports(bindings)) continue;
      const imported = bindings.elements.find((element) => element.name.text === name);
      if (!imported) continue;
      return this.#constant((imported.propertyName ?? imported.name).text, this.#source(path, from), depth);
    }
    return undefined;
  }

  /** @param {string} path @param {string} from */
  #source(path, from) {
    const named = join(dirname(path), from);
    const source = named.replace(/\.js$/, '.ts');
    return existsSync(join(this.#root, source)) ? source : named;
  }
}

/** @param {ts.Node} node */
function isString(node) {
  return (
    ts.isStringLiteralLike(node) ||
    ts.isTemplateExpression(node) ||
    (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
  );
}

/** @param {(string | undefined)[]} parts */
function joined(parts) {
  return parts.every((part) => part !== undefined) ? parts.join('') : undefined;
}
