import { join } from 'node:path';
import * as ts from 'typescript';

/** A JSON schema, as far as it is looked at here. */
export interface Schema {
  type?: string | string[];
  format?: string;
  description?: string;
  const?: unknown;
  enum?: unknown[];
  items?: Schema;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  $ref?: string;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
}

/** Names that mean more than the type that they stand for. */
const KNOWN: Record<string, Schema> = {
  Uuid: { type: 'string', format: 'uuid' },
  Timestamp: { type: 'string', format: 'date-time' },
  Ref: { type: ['string', 'number'], maxLength: 64 },
};

const REF = '#/components/schemas/';

/** An event of the interface that lists those of one side. */
export interface EventType {
  readonly name: string;
  readonly description: string;
  readonly type: ts.TypeNode;
}

/** The types of packages/protocol as JSON schemas; those that have a name are gathered. */
export class WireTypes {
  readonly schemas: Record<string, Schema> = {};
  private readonly checker: ts.TypeChecker;
  private readonly exported: Map<string, ts.Symbol>;

  constructor(root: string) {
    const entry = join(root, 'packages/protocol/src/index.ts');
    const program = ts.createProgram([entry], {
      strict: true,
      noEmit: true,
      types: [],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
    });
    this.checker = program.getTypeChecker();
    const source = program.getSourceFile(entry);
    const module = source && this.checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${entry} cannot be read`);
    this.exported = new Map(
      this.checker.getExportsOfModule(module).map((symbol) => [symbol.name, symbol] as const),
    );
  }

  /** The properties of an interface, which stand for an event each. */
  events(name: string): EventType[] {
    return membersOf(this.declarationOf(name) as ts.InterfaceDeclaration).map((member) => ({
      name: nameOf(member),
      description: this.descriptionOf(member),
      type: member.type!,
    }));
  }

  /** A property's type, of a type that is written out. */
  static part(type: ts.TypeNode, name: string): ts.TypeNode {
    const found = ts.isTypeLiteralNode(type) && membersOf(type).find((member) => nameOf(member) === name);
    if (!found || !found.type) throw new Error(`${type.getText()} has no ${name}`);
    return found.type;
  }

  /** What each of the types that a union allows must have. */
  alternatives(node: ts.TypeNode): string[][] {
    const type = this.checker.getTypeFromTypeNode(node);
    return (type.isUnion() ? type.types : [type]).map((each) =>
      each
        .getProperties()
        .filter(({ flags }) => !(flags & ts.SymbolFlags.Optional))
        .map(({ name }) => name)
        .sort(),
    );
  }

  /** The names of all that an object of the type may have. */
  names(node: ts.TypeNode): string[] {
    const type = this.checker.getTypeFromTypeNode(node);
    const all = (type.isUnion() ? type.types : [type]).flatMap((each) => each.getProperties());
    return [...new Set(all.map(({ name }) => name))].sort();
  }

  isNothing(node: ts.TypeNode): boolean {
    return node.kind === ts.SyntaxKind.UndefinedKeyword;
  }

  schemaOf(node: ts.TypeNode): Schema {
    if (ts.isParenthesizedTypeNode(node)) return this.schemaOf(node.type);
    if (ts.isArrayTypeNode(node)) return { type: 'array', items: this.schemaOf(node.elementType) };
    if (ts.isTypeLiteralNode(node)) return this.objectOf(membersOf(node));
    if (ts.isUnionTypeNode(node)) return this.unionOf(node);
    if (ts.isIntersectionTypeNode(node)) return merged(node.types.map((each) => this.whole(each)));
    if (ts.isTypeReferenceNode(node)) return this.referenceOf(node);
    return this.simpleOf(node);
  }

  /** The schema of a type that has a name. */
  named(name: string): Schema {
    const known = KNOWN[name];
    if (known) return known;
    if (!(name in this.schemas)) {
      const declaration = this.declarationOf(name);
      // Until it is known, so that it may name itself.
      this.schemas[name] = {};
      const schema = ts.isInterfaceDeclaration(declaration)
        ? this.interfaceOf(declaration)
        : this.schemaOf((declaration as ts.TypeAliasDeclaration).type);
      const description = this.descriptionOf(declaration as ts.InterfaceDeclaration);
      this.schemas[name] = { ...(description && { description }), ...schema };
    }
    return { $ref: REF + name };
  }

  private interfaceOf(declaration: ts.InterfaceDeclaration): Schema {
    const bases = (declaration.heritageClauses ?? []).flatMap(({ types }) =>
      types.map(({ expression }) => this.follow(this.named(expression.getText()))),
    );
    return merged([...bases, this.objectOf(membersOf(declaration))]);
  }

  private objectOf(members: readonly ts.PropertySignature[]): Schema {
    const properties = Object.fromEntries(
      members.map((member) => {
        const description = this.descriptionOf(member);
        const schema = this.schemaOf(member.type!);
        // Beside a reference nothing else counts.
        return [nameOf(member), description && !schema.$ref ? { description, ...schema } : schema];
      }),
    );
    const required = members.filter(({ questionToken }) => !questionToken).map(nameOf);
    return { type: 'object', ...(required.length > 0 && { required }), properties };
  }

  private unionOf(node: ts.UnionTypeNode): Schema {
    const isNull = (each: ts.TypeNode) =>
      ts.isLiteralTypeNode(each) && each.literal.kind === ts.SyntaxKind.NullKeyword;
    const [first, ...more] = node.types.filter((each) => !isNull(each)).map((each) => this.schemaOf(each));
    if (!first) throw new Error(`${node.getText()} has nothing but null`);
    const isNullable = node.types.some(isNull);
    if (more.length === 0 && isNullable) return nullable(first);
    const all = [first, ...more];
    if (all.every((each) => 'const' in each)) return { type: 'string', enum: all.map((each) => each.const) };
    return { anyOf: isNullable ? [...all, { type: 'null' }] : all };
  }

  private referenceOf(node: ts.TypeReferenceNode): Schema {
    const [first, second] = node.typeArguments ?? [];
    switch (node.typeName.getText()) {
      case 'Record':
        // Of nothing at all, or of anything.
        return second?.kind === ts.SyntaxKind.NeverKeyword
          ? { type: 'object', properties: {}, additionalProperties: false }
          : { type: 'object' };
      case 'Omit':
        return without(this.whole(first!), this.schemaOf(second!));
      default:
        return this.named(node.typeName.getText());
    }
  }

  private simpleOf(node: ts.TypeNode): Schema {
    const type = this.checker.getTypeFromTypeNode(node);
    if (node.kind === ts.SyntaxKind.UnknownKeyword) return {};
    if (type.isStringLiteral()) return { const: type.value };
    if (type.isUnion() && type.types.every((each) => each.isStringLiteral()))
      return { type: 'string', enum: type.types.map((each) => each.value) };
    if (type.flags & ts.TypeFlags.BooleanLiteral)
      return { const: this.checker.typeToString(type) === 'true' };
    if (type.flags & ts.TypeFlags.String) return { type: 'string' };
    if (type.flags & ts.TypeFlags.Boolean) return { type: 'boolean' };
    // Every number on the wire is a whole one.
    if (type.flags & ts.TypeFlags.Number) return { type: 'integer' };
    throw new Error(`No schema is known for ${node.getText()}`);
  }

  /** The schema itself, and no reference to it. */
  private whole(node: ts.TypeNode): Schema {
    return this.follow(this.schemaOf(node));
  }

  private follow(schema: Schema): Schema {
    const { description: _, ...found } = schema.$ref
      ? (this.schemas[schema.$ref.slice(REF.length)] ?? {})
      : schema;
    return found;
  }

  private declarationOf(name: string): ts.Declaration {
    const declaration = this.exported
      .get(name)
      ?.declarations?.find(
        (each) =>
          ts.isTypeElement(each) || ts.isInterfaceDeclaration(each) || ts.isTypeAliasDeclaration(each),
      );
    if (!declaration) throw new Error(`packages/protocol exports no type ${name}`);
    return declaration;
  }

  private descriptionOf(node: ts.InterfaceDeclaration | ts.TypeElement): string {
    const symbol = node.name && this.checker.getSymbolAtLocation(node.name);
    const parts = symbol?.getDocumentationComment(this.checker) ?? [];
    return ts
      .displayPartsToString(parts)
      .replace(/\n(?!\n)/g, ' ')
      .trim();
  }
}

function membersOf(node: ts.InterfaceDeclaration | ts.TypeLiteralNode): ts.PropertySignature[] {
  return node.members.filter(ts.isPropertySignature);
}

function nameOf({ name }: ts.PropertySignature): string {
  return ts.isStringLiteral(name) ? name.text : name.getText();
}

function nullable(schema: Schema): Schema {
  if (typeof schema.type !== 'string') return { anyOf: [schema, { type: 'null' }] };
  const { enum: values } = schema;
  return { ...schema, type: [schema.type, 'null'], ...(values && { enum: [...values, null] }) };
}

function merged(schemas: readonly Schema[]): Schema {
  const required = [...new Set(schemas.flatMap((each) => each.required ?? []))];
  const properties = Object.assign({}, ...schemas.map((each) => each.properties)) as Record<string, Schema>;
  return { type: 'object', ...(required.length > 0 && { required }), properties };
}

function without(schema: Schema, names: Schema): Schema {
  const gone = names.enum ?? [names.const];
  return {
    ...schema,
    required: schema.required?.filter((name) => !gone.includes(name)),
    properties: Object.fromEntries(
      Object.entries(schema.properties ?? {}).filter(([name]) => !gone.includes(name)),
    ),
  };
}
