package org.rlhf4j.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rlhf4j.jinja.Statement.Next;
import org.rlhf4j.jinja.Token.Kind;

/** Reads a template: text, {@code {{ expressions }}} and {@code {% statements %}}. */
final class Parser {

  private static final Set<String> NAMELESS_VALUES =
      Set.of("true", "false", "none", "True", "False", "None");

  private final String name;
  private final Tokens tokens;
  private final ExpressionParser expressions;
  private int loops;

  private Parser(String name, String source) {
    this.name = name;
    this.tokens = new Tokens(Lexer.tokens(name, source));
    this.expressions = new ExpressionParser(tokens);
  }

  static Statement parse(String name, String source) {
    Parser parser = new Parser(name, source);
    try {
      Statement all = parser.body(Set.of());
      parser.tokens.expect(Kind.END);
      return all;
    } catch (TemplateException e) {
      throw e.at(name, parser.tokens.peek().line());
    }
  }

  /** Statements up to a tag of one of the given names, which stays, or to the end. */
  private Statement body(Set<String> ends) {
    List<Statement> statements = new ArrayList<>();
    while (tokens.peek().kind() != Kind.END) {
      boolean tag = tokens.peek().kind() == Kind.BLOCK_BEGIN;
      if (tag && ends.contains(tokens.second().text())) {
        return sequence(statements);
      }
      statements.add(placed(tokens.second().line(), one()));
    }
    if (!ends.isEmpty()) {
      throw new TemplateException(
          "a tag isn't closed by {% " + String.join(" %} or {% ", sorted(ends)) + " %}");
    }
    return sequence(statements);
  }

  private static List<String> sorted(Set<String> names) {
    return names.stream().sorted().toList();
  }

  private static Statement sequence(List<Statement> statements) {
    return (scope, output) -> {
      for (Statement statement : statements) {
        Next next = statement.run(scope, output);
        if (next != Next.STATEMENT) {
          return next;
        }
      }
      return Next.STATEMENT;
    };
  }

  /** A statement whose failures are told with its line. */
  private Statement placed(int line, Statement statement) {
    return (scope, output) -> {
      try {
        scope.rendering().step();
        return statement.run(scope, output);
      } catch (TemplateException e) {
        throw e.at(name, line);
      }
    };
  }

  private Statement one() {
    Token token = tokens.next();
    return switch (token.kind()) {
      case DATA -> write(scope -> token.text());
      case VARIABLE_BEGIN -> {
        Expression value = expressions.tuple();
        tokens.expect(Kind.VARIABLE_END);
        yield write(value);
      }
      case BLOCK_BEGIN -> tag(tokens.expectName());
      default -> throw new TemplateException("unexpected " + token.shown());
    };
  }

  private static Statement write(Expression value) {
    return (scope, output) -> {
      output.write(value.value(scope));
      return Next.STATEMENT;
    };
  }

  private Statement tag(String tag) {
    return switch (tag) {
      case "if" -> condition();
      case "for" -> loop();
      case "set" -> assignment();
      case "macro" -> macro();
      case "generation" -> generation();
      case "break", "continue" -> jump(tag);
      default -> throw TemplateException.unsupported("the tag {% " + tag + " %}");
    };
  }

  /** The name of the tag that {@link #body} stopped at. */
  private String endTag() {
    tokens.next();
    return tokens.expectName();
  }

  private Statement condition() {
    Expression condition = expressions.tuple();
    tokens.expect(Kind.BLOCK_END);
    Statement then = body(Set.of("elif", "else", "endif"));
    Statement otherwise =
        switch (endTag()) {
          case "elif" -> condition();
          case "else" -> lastBranch("endif");
          default -> endOfBranches();
        };
    return (scope, output) -> (condition.holds(scope) ? then : otherwise).run(scope, output);
  }

  private Statement lastBranch(String end) {
    tokens.expect(Kind.BLOCK_END);
    return closed(end);
  }

  private Statement endOfBranches() {
    tokens.expect(Kind.BLOCK_END);
    return sequence(List.of());
  }

  /** The names that a loop or a {@code set} assigns to. */
  private record Target(List<String> names, boolean several) {}

  private Target target() {
    boolean parenthesized = tokens.skip("(");
    List<String> names = new ArrayList<>(List.of(variable()));
    boolean several = false;
    while (tokens.skip(",")) {
      several = true;
      if (tokens.peek().kind() == Kind.NAME && !tokens.peek().text().equals("in")) {
        names.add(variable());
      }
    }
    if (parenthesized) {
      tokens.expect(")");
    }
    return new Target(names, several);
  }

  private String variable() {
    String variable = tokens.expectName();
    if (NAMELESS_VALUES.contains(variable)) {
      throw new TemplateException(variable + " can't be assigned to");
    }
    return variable;
  }

  private Statement loop() {
    Target target = target();
    if (!tokens.skipName("in")) {
      throw new TemplateException("a loop without in");
    }
    Expression items = expressions.iterable();
    Expression condition = tokens.skipName("if") ? expressions.expression() : null;
    if (tokens.skipName("recursive")) {
      throw TemplateException.unsupported("a recursive loop");
    }
    tokens.expect(Kind.BLOCK_END);
    loops++;
    Statement body = body(Set.of("else", "endfor"));
    loops--;
    Statement otherwise = endTag().equals("else") ? lastBranch("endfor") : endOfBranches();
    return (scope, output) -> {
      List<Object> taken = taken(target, items.value(scope), condition, scope);
      return taken.isEmpty()
          ? otherwise.run(scope.inner(), output)
          : iterate(target, taken, body, scope, output);
    };
  }

  private static List<Object> taken(
      Target target, Object given, Expression condition, Scope scope) {
    if (condition == null) {
      return Values.items(given);
    }
    List<Object> taken = new ArrayList<>();
    for (Object item : Values.items(given)) {
      scope.rendering().step();
      Scope inner = scope.inner();
      inner.set("loop", new Undefined("a loop's condition has no loop"));
      inner.assign(target.names(), target.several(), item);
      if (condition.holds(inner)) {
        taken.add(item);
      }
    }
    return taken;
  }

  private static Next iterate(
      Target target, List<Object> items, Statement body, Scope scope, Output output) {
    Loop loop = new Loop(items);
    for (int i = 0; i < items.size(); i++) {
      scope.rendering().step();
      loop.moveTo(i);
      Scope inner = scope.inner();
      inner.set("loop", loop);
      inner.assign(target.names(), target.several(), items.get(i));
      if (body.run(inner, output) == Next.LOOP_END) {
        break;
      }
    }
    return Next.STATEMENT;
  }

  private Statement jump(String tag) {
    if (loops == 0) {
      throw new TemplateException("{% " + tag + " %} outside a loop");
    }
    tokens.expect(Kind.BLOCK_END);
    Next next = tag.equals("break") ? Next.LOOP_END : Next.ITERATION;
    return (scope, output) -> next;
  }

  private Statement assignment() {
    if (tokens.second().is(Kind.OPERATOR, ".")) {
      return namespaceAssignment();
    }
    Target target = target();
    Expression value = assigned();
    return (scope, output) -> {
      scope.assign(target.names(), target.several(), value.value(scope));
      return Next.STATEMENT;
    };
  }

  private Statement namespaceAssignment() {
    String variable = tokens.expectName();
    tokens.expect(".");
    String member = tokens.expectName();
    Expression value = assigned();
    return (scope, output) -> {
      if (!(scope.get(variable) instanceof Namespace namespace)) {
        throw new TemplateException(variable + " is no namespace, so " + member + " can't be set");
      }
      namespace.set(member, value.value(scope));
      return Next.STATEMENT;
    };
  }

  /** What follows the equals sign, or what a block up to {@code endset} writes. */
  private Expression assigned() {
    if (tokens.skip("=")) {
      Expression value = expressions.tuple();
      tokens.expect(Kind.BLOCK_END);
      return value;
    }
    if (tokens.peek().is(Kind.OPERATOR, "|")) {
      throw TemplateException.unsupported("a filter of a {% set %} block");
    }
    tokens.expect(Kind.BLOCK_END);
    Statement body = enclosed("endset");
    return scope -> {
      Output output = Output.part();
      body.run(scope.inner(), output);
      return output.toString();
    };
  }

  /** A body out of which no loop can be left. */
  private Statement enclosed(String end) {
    int around = loops;
    loops = 0;
    Statement body = closed(end);
    loops = around;
    return body;
  }

  private Statement closed(String end) {
    Statement body = body(Set.of(end));
    endTag();
    tokens.expect(Kind.BLOCK_END);
    return body;
  }

  private Statement macro() {
    String macro = tokens.expectName();
    Map<String, Expression> parameters = new LinkedHashMap<>();
    tokens.expect("(");
    while (!tokens.skip(")")) {
      String parameter = variable();
      parameters.put(parameter, tokens.skip("=") ? expressions.expression() : null);
      if (!tokens.peek().is(Kind.OPERATOR, ")")) {
        tokens.expect(",");
      }
    }
    tokens.expect(Kind.BLOCK_END);
    Statement body = enclosed("endmacro");
    return (scope, output) -> {
      scope.set(macro, new Macro(macro, parameters, body, scope));
      return Next.STATEMENT;
    };
  }

  /** What an assistant says, which transformers marks for training. */
  private Statement generation() {
    tokens.expect(Kind.BLOCK_END);
    Statement body = enclosed("endgeneration");
    return (scope, output) -> {
      int begin = output.length();
      body.run(scope.inner(), output);
      output.markGenerated(begin);
      return Next.STATEMENT;
    };
  }
}
