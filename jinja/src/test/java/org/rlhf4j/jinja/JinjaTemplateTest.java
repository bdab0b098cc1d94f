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
import java.util.Random;
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
  void stepsAndTextAreBounded(String template) {
    assertThatExceptionOfType(TemplateException.class).isThrownBy(() -> render(template));
  }

  /** Each of these takes few steps; without a bound of its work it takes hours or all memory. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        NEST + "{{ n.a == n.b }}",
        NEST + "{{ n.a }}",
        NEST + "{{ n.a | tojson }}",
        NEST + "{{ n.a in [n.b] }}",
        NEST + "{{ [n.a] | unique | list | length }}{{ [n.a, n.b] | unique | list | length }}",
        NEST + "{% for x in [n.a, n.b] %}{{ loop.changed(x) }}{% endfor %}",
        "{{ ('a ' * 8000000).split() | length }}",
        "{{ ('a,' * 8000000).rsplit(',') | length }}",
        "{{ ('a\\n' * 8000000).splitlines() | length }}",
        "{{ ('-' * 16000000) | title }}",
        "{{ ('a' * 8000000 + 'b') in ('a' * 16000000) }}",
        "{{ ('a' * 16000000).replace('a' * 8000000 + 'b', '') }}",
        "{{ ('a' * 16000000).strip('b' * 8000000 + 'a') }}",
        "{{ ('1' * 8000000 ~ 'x') | float }}{% for i in range(99) %}{{ ('1' * 8000000) | int }}{% endfor %}",
        "{% set a = 'a' * 16000000 %}{% for i in range(99999) %}{% if a.upper() == 'b' %}{% endif %}{% endfor %}",
        "{% set a = 'a' * 16000000 %}{% for i in range(99999) %}{% if a | length == 1 %}{% endif %}{% endfor %}",
        "{% set a = 'a' * 16000000 %}{% for i in range(99999) %}{% if a[1:] == 'b' %}{% endif %}{% endfor %}",
        "{% set a = 'a' * 16000000 %}{% for i in range(99999) %}{% if a[5] == 'b' %}{% endif %}{% endfor %}",
        "{% macro m() %}{{ 'a' * 1000000 }}{% endmacro %}{% for i in range(99999) %}{% set x = m() %}{% endfor %}",
        "{{ range(99999) | list | unique | list | length }}",
        "{% for i in range(9999) %}{% set x = range(99999) %}{% endfor %}",
        "{% set n = namespace(l=[]) %}{% set a = 'x' * 15000000 %}{% for i in range(3000) %}{% set n.l = n.l + [a ~ 'b'] %}{% endfor %}",
        "{% set s = ('x' * 15000000,) %}{{ ([1, 2] * 1000) | tojson(separators=(s[0], s[0])) }}",
        "{{ 'a' | indent(2000000000) }}",
        "{{ ('a\\n' * 1000000) | indent(1000) }}"
      })
  void workIsBounded(String template) {
    assertThatExceptionOfType(TemplateException.class)
        .isThrownBy(() -> render(template))
        .withMessageMatching("t:1: .*(more work than|too long|more than).*");
  }

  /** Two lists of 2⁶⁰ items each. */
  private static final String NEST =
      "{% set n = namespace(a=[1], b=[1]) %}{% for i in range(60) %}"
          + "{% set n.a = [n.a, n.a] %}{% set n.b = [n.b, n.b] %}{% endfor %}";

  /** Long messages leave work for these, but not room. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ ([1] * 8388609 + [1] * 8388609) | length }}",
        "{{ ([1] * 8388609) * 2 }}",
        "{{ ('a' * 8388609) + 'a' * 8388609 }}"
      })
  void nothingGetsLongerThanTheLimit(String template) {
    Map<String, Object> variables =
        Map.of("messages", List.of(Map.of("content", "a".repeat(8_000_000))));
    assertThatExceptionOfType(TemplateException.class)
        .isThrownBy(() -> JinjaTemplate.parse("t", template).render(variables, NOON))
        .withMessageContaining("more than 16777216");
  }

  @Test
  void longDialoguesAreNoExcess() {
    String template =
        "{% set ns = namespace(all='') %}{% for m in messages %}{% set c = m.content | trim %}"
            + "{% if 'x' not in c and c.startswith('y') %}{% endif %}"
            + "{% set ns.all = ns.all ~ c.split('</think>')[-1].lstrip('\n') %}{% endfor %}"
            + "{{ ns.all }}";
    List<Map<String, Object>> messages =
        List.of(Map.of("content", "a".repeat(5_000_000)), Map.of("content", "é".repeat(5_000_000)));
    assertThat(JinjaTemplate.parse("t", template).render(Map.of("messages", messages), NOON).text())
        .hasSize(10_000_000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "{% for x in [1] %}{{ loop.cycle() }}{% endfor %} ! loop.cycle() needs values",
        "{{ {[1]: 2} }}                ! a list can't be a key",
        "{{ [1] in {} }}               ! a list can't be a key",
        "{{ {}.get({}) }}              ! a dictionary can't be a key",
        "{{ [1, 2] | tojson(separators=('a',)) }} ! tojson needs two separators, not 1",
        "{{ [1] | tojson(indent=true) | length + 'a' }} ! + between a number and text",
      })
  void whatPythonRefusesIsRefused(String template, String message) {
    assertThatThrownBy(() -> render(template)).hasMessageContaining(message);
  }

  /** Hand-worked, as Python 3 gives them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "{{ 'a' | indent(-1) }}                  ! a",
        "{{ [1,2,3][1::9223372036854775807] }}   ! [2]",
        "{{ [1,2,3][::-9223372036854775807] }}   ! [3]",
        "{{ 'häß🙂x'[1:4] }}                      ! äß🙂",
        "{{ 'häß🙂x'[-2] }}                       ! 🙂",
        "{{ 'abc'[5:] ~ 'abc'[2:1] ~ '.' }}      ! .",
        "{{ 'abc'[::-1] }}                       ! cba",
        "{{ ' a  b c '.split(none, 1) }}         ! ['a', 'b c']",
        "{{ 'a\\r\\nb\\n\\nc'.splitlines() }}        ! ['a', 'b', '', 'c']",
        "{{ '1e3' | float }}{{ '.' | float(7) }} ! 1000.07",
        "{{ '\\x01é' | tojson(ensure_ascii=true) }} ! \"\\u0001\\u00e9\"",
        "{{ range(3) == range(3) }}              ! True",
        "{{ [9007199254740993, 9007199254740992.0] | sort }} ! [9007199254740992.0, 9007199254740993]"
      })
  void cornersAreAsInPython(String template, String text) {
    assertThat(render(template)).isEqualTo(text);
  }

  /** Whatever a template is, it is rendered or refused by one line; the seed is kept. */
  @Test
  void damagedTemplatesAreRenderedOrRefused() {
    Random random = new Random(18);
    Map<String, Object> variables =
        new ObjectMapper().convertValue(EXPECTED.path("variables"), new TypeReference<>() {});
    List<String> templates = new ArrayList<>();
    EXPECTED.path("snippets").forEach(one -> templates.add(one.path("template").textValue()));
    for (int i = 0; i < Integer.getInteger("fuzz.inputs", 3000); i++) {
      String damaged = damaged(templates, random);
      try {
        JinjaTemplate.parse("t", damaged).render(variables, NOON);
      } catch (TemplateException e) {
        assertThat(e.getMessage()).as(damaged).startsWith("t:");
      } catch (RuntimeException e) {
        throw new AssertionError("input " + i + ": " + damaged, e);
      }
    }
  }

  /** A template with a part of another in it, or without a part of its own, a few times over. */
  private static String damaged(List<String> templates, Random random) {
    StringBuilder text = new StringBuilder(templates.get(random.nextInt(templates.size())));
    for (int n = random.nextInt(3); n >= 0; n--) {
      String other = templates.get(random.nextInt(templates.size()));
      int begin = random.nextInt(other.length() + 1);
      int end = Math.min(other.length(), begin + random.nextInt(12));
      int at = random.nextInt(text.length() + 1);
      int to = random.nextBoolean() ? at : Math.min(text.length(), at + random.nextInt(6));
      text.replace(at, to, random.nextInt(4) == 0 ? "" : other.substring(begin, end));
    }
    return text.toString();
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
