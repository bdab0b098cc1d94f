package org.rlhf4j.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The snippets and what transformers makes of them come from make_chat_fixtures.py. */
class JinjaTemplateTest {

  private static final LocalDateTime NOON = LocalDateTime.of(2024, 7, 6, 13, 4, 5);
  private static final JsonNode EXPECTED = expected();

  private static JsonNode expected() {
    try {
      return new ObjectMapper().readTree(Path.of("src/test/resources/snippets.json").toFile());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<Arguments> snippets() {
    List<Arguments> snippets = new ArrayList<>();
    for (JsonNode one : EXPECTED.path("snippets")) {
      snippets.add(Arguments.of(one.path("template").textValue(), one.path("text").textValue()));
    }
    return snippets;
  }

  @ParameterizedTest
  @MethodSource("snippets")
  void rendersAsTransformersDoes(String template, String text) {
    Map<String, Object> variables =
        new ObjectMapper().convertValue(EXPECTED.path("variables"), new TypeReference<>() {});
    if (text == null) {
      assertThatExceptionOfType(TemplateException.class)
          .isThrownBy(() -> JinjaTemplate.parse("t", template).render(variables, NOON))
          .withMessageStartingWith("t:1: ");
    } else {
      assertThat(JinjaTemplate.parse("t", template).render(variables, NOON).text()).isEqualTo(text);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "{% include 'x' %}     ! t:1: the tag {% include %} isn't supported",
        "{% call m() %}x       ! t:1: the tag {% call %} isn't supported",
        "{% for x in y recursive %} ! t:1: a recursive loop isn't supported",
        "{{ 2 ** 3 }}          ! t:1: the operator ** isn't supported",
        "{{ f(*x) }}           ! t:1: an argument list with * isn't supported",
        "{{ 'a'.zfill(3) }}    ! t:1: the string method .zfill() isn't supported",
        "{{ {}.pop('a') }}     ! t:1: the dictionary method .pop() isn't supported",
        "{{ [1] | batch(2) }}  ! t:1: the filter batch isn't supported",
        "{{ 1 is escaped }}    ! t:1: the test is escaped isn't supported",
        "{{ '%s' % 1 }}        ! t:1: formatting text with % isn't supported",
        "{{ ('a' | safe) ~ 1 }} ! t:1: joining what the filter safe gave isn't supported",
        "{{ [1] | map('string') }} ! t:1: writing a iteration as text isn't supported",
        "{{ cycler(1) }}       ! t:1: the function cycler() isn't supported",
        "{{ strftime_now('%U') }} ! t:1: strftime_now's %U isn't supported"
      })
  void namesWhatItCannotRun(String template, String message) {
    assertThatExceptionOfType(TemplateException.class)
        .isThrownBy(() -> render(template))
        .withMessageStartingWith(message)
        .withMessageEndingWith("; change the template, or give text instead of messages");
  }

  @Test
  void whatIsNotReachedNeedsNoSupport() {
    assertThat(render("{% if tools %}{{ tools | groupby('a') }}{% endif %}ok")).isEqualTo("ok");
  }

  @Test
  void failuresHaveTheLineOfTheirTag() {
    assertThatThrownBy(() -> render("a\n{% if true %}\n  {{ 'x' +\n 1 }}\n{% endif %}"))
        .hasMessage("t:3: + between text and a number; correct the template");
    assertThatThrownBy(() -> render("a\n\n{{ b c }}"))
        .hasMessage("t:3: unexpected \"c\"; correct the template");
    assertThatThrownBy(() -> render("\n{{ raise_exception('No\n system!') }}"))
        .hasMessage("t:2: the template refuses these messages (No system!); change them");
  }

  @Test
  void datesAreEnglish() {
    assertThat(render("{{ strftime_now('%d %B %Y, %-d %b %y, %A %a, %H:%M:%S %I %p %j %m %%') }}"))
        .isEqualTo("06 July 2024, 6 Jul 24, Saturday Sat, 13:04:05 01 PM 188 07 %");
  }

  @Test
  void marksWhatIsGenerated() {
    String template =
        "a{% for x in 'bc' %}-{% generation %}{{ x }}{{ x }}{% endgeneration %}{% endfor %}";
    JinjaTemplate.Rendered rendered = JinjaTemplate.parse("t", template).render(Map.of(), NOON);
    assertThat(rendered.text()).isEqualTo("a-bb-cc");
    assertThat(rendered.generated()).containsExactly(new Span(2, 4), new Span(5, 7));
  }

  @Test
  void generationWithinMacroIsRefused() {
    assertThatThrownBy(
            () ->
                render(
                    "{% macro m() %}{% generation %}x{% endgeneration %}{% endmacro %}{{ m() }}"))
        .hasMessageContaining("{% generation %} within a macro or a set");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(s='ab') %}{% for x in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s='ab') %}{% for x in range(99) %}{% set ns.s = ns.s.replace('a', ns.s) %}{% endfor %}",
        "{{ 'ab' * 999999999 }}",
        "{{ [1] * 999999999 }}",
        "{{ 9999999999999999999999 }}",
        "{{ 999999999999 * 999999999999 }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"
      })
  void workAndTextAreBounded(String template) {
    assertThatExceptionOfType(TemplateException.class).isThrownBy(() -> render(template));
  }

  @Test
  void depthIsBounded() {
    assertThatThrownBy(
            () -> render("{{ " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + " }}"))
        .hasMessageContaining("more than 200 deep");
    assertThatThrownBy(() -> render("{{ " + "-".repeat(1_000_000) + "1 }}"))
        .hasMessageContaining("are too deep");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ ''.getClass() }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ messages.getClass().forName('java.lang.Runtime') }}",
        "{{ range.call }}{{ range.call(1) }}",
        "{{ namespace.getClass() }}"
      })
  void reachesNothingOfJavaOrPython(String template) {
    assertThatExceptionOfType(TemplateException.class)
        .isThrownBy(
            () -> JinjaTemplate.parse("t", template).render(Map.of("messages", List.of()), NOON))
        .withMessageContaining("has no '");
  }

  @Test
  void variablesAreLeftAsTheyAre() {
    List<Object> list = new ArrayList<>(List.of(1, 2));
    JinjaTemplate.parse("t", "{% set list = list + [3] %}{{ list }}")
        .render(Map.of("list", list), NOON);
    assertThat(list).containsExactly(1, 2);
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> JinjaTemplate.parse("t", "").render(Map.of("x", 'c'), NOON));
  }

  private static String render(String template) {
    return JinjaTemplate.parse("t", template).render(Map.of(), NOON).text();
  }
}
