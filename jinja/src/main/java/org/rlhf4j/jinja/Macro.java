package org.rlhf4j.jinja;

import java.util.Map;

/**
 * A template's own function, which gives what it writes.
 *
 * @param parameters their defaults by name, in order; null where there is none
 * @param around the variables that it sees
 */
record Macro(String name, Map<String, Expression> parameters, Statement body, Scope around)
    implements Callable {

  @Override
  public Object call(Arguments given) {
    Arguments arguments = given.to(name + "()");
    arguments.accept(parameters.keySet().toArray(String[]::new));
    Scope scope = around.inner();
    int index = 0;
    for (Map.Entry<String, Expression> parameter : parameters.entrySet()) {
      scope.set(parameter.getKey(), argument(parameter, index++, arguments, scope));
    }
    Output output = Output.part();
    scope.rendering().enterMacro();
    body.run(scope, output);
    scope.rendering().leaveMacro();
    return output.toString();
  }

  private static Object argument(
      Map.Entry<String, Expression> parameter, int index, Arguments arguments, Scope scope) {
    String name = parameter.getKey();
    if (arguments.has(index, name)) {
      return arguments.get(index, name);
    }
    return parameter.getValue() == null
        ? new Undefined("parameter '" + name + "' was not provided")
        : parameter.getValue().value(scope);
  }
}
