package io.nimbus.uaa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nimbus.servers.TestServers;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The pages in a real browser, by keyboard alone, as a screen reader tells them. */
class BrowserIT {
    private static final String CALLBACK = "http://app.test/callback";
    private static TestUaa uaa;
    private static Http http;
    private static Chromium browser;

    @BeforeAll
    static void start() throws Exception {
        var binary = Chromium.binary();
        assumeTrue(binary.isPresent(), "there is no Chromium on this machine");
        uaa = TestUaa.start();
        http = uaa.http();
        http.createUser("joe", "secret");
        http.asClient("admin")
                .json(
                        "POST",
                        "/oauth/clients",
                        """
                        {"client_id":"app","client_secret":"s","name":"The App",
                         "scope":["openid","cloud_controller.read"],
                         "authorized_grant_types":["authorization_code"],"redirect_uri":"%s"}
                        """
                                .formatted(CALLBACK));
        browser = new Chromium(binary.get(), TestServers.folder("chromium"));
    }

    @AfterAll
    static void stop() throws Exception {
        if (browser != null) {
            browser.close();
        }
        if (uaa != null) {
            uaa.close();
        }
    }

    private static void signIn(String password) {
        assertThat(browser.focused()).isEqualTo("textbox \"User name\"");
        browser.type("joe");
        browser.press("Tab");
        assertThat(browser.focused()).isEqualTo("textbox \"Password\"");
        browser.type(password);
        browser.press("Enter");
    }

    @Test
    void a_person_signs_in_approves_changes_the_password_and_gets_a_passcode_by_keyboard() {
        browser.open(
                http.base()
                        + "/oauth/authorize?response_type=code&client_id=app&state=s1&"
                        + Http.encode("redirect_uri", CALLBACK));
        browser.awaitHeading("Sign in");
        assertThat(browser.accessible())
                .contains(
                        "heading \"Sign in\"",
                        "textbox \"User name\"",
                        "textbox \"Password\"",
                        "button \"Sign in\"",
                        "main \"\"");
        assertThat(browser.evaluate("document.documentElement.lang")).isEqualTo("en");
        assertThat(browser.evaluate("document.title")).isEqualTo("Sign in");
        assertThat(browser.evaluate("document.querySelector('#password').type"))
                .isEqualTo("password");

        signIn("wrong");
        browser.awaitHeading("Sign in");
        org.awaitility.Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() ->
                        assertThat(browser.accessible())
                                .anyMatch(node -> node.startsWith("alert "))
                                .anyMatch(node -> node.contains("password is wrong")));
        signIn("secret");

        browser.awaitHeading("Allow access?");
        assertThat(browser.accessible())
                .contains("group \"Permissions\"", "button \"Allow\"", "button \"Deny\"")
                .anyMatch(node -> node.startsWith("checkbox "));
        browser.press("Tab");
        assertThat(browser.focused()).startsWith("checkbox ");
        browser.press("Space");
        browser.press("Tab");
        browser.press("Tab");
        assertThat(browser.focused()).isEqualTo("button \"Allow\"");
        browser.press("Enter");
        var back = browser.awaitAddress(CALLBACK);
        assertThat(Visitor.inUri(back, "state")).isEqualTo("s1");
        var token =
                http.basic("app", "s")
                        .form(
                                "/oauth/token",
                                "grant_type",
                                "authorization_code",
                                "code",
                                Visitor.inUri(back, "code"),
                                "redirect_uri",
                                CALLBACK);
        assertThat(token.status()).as(token.body()).isEqualTo(200);
        assertThat(token.text("scope")).as("one box was cleared").doesNotContain(" ").isNotEmpty();

        browser.open(http.base() + "/passcode");
        browser.awaitHeading("Temporary Authentication Code");
        var code = browser.evaluate("document.querySelector('#passcode').textContent");
        assertThat(
                        http.cf()
                                .form("/oauth/token", "grant_type", "password", "passcode", code)
                                .status())
                .isEqualTo(200);

        browser.open(http.base() + "/change_password");
        browser.awaitHeading("Change password");
        browser.type("secret");
        browser.press("Tab");
        browser.type("better secret");
        browser.press("Tab");
        browser.type("better secret");
        browser.press("Enter");
        browser.awaitHeading("Your account");
        assertThat(http.login("joe", "better secret").status()).isEqualTo(200);

        browser.open(http.base() + "/logout.do");
        browser.awaitHeading("Sign in");
        browser.open(http.base() + "/");
        browser.awaitHeading("Sign in");
        assertThat(browser.evaluate("document.cookie")).as("out of scripts' reach").isEmpty();
        assertThat(browser.evaluate("getComputedStyle(document.querySelector('main')).maxWidth"))
                .as("the style sheet is loaded")
                .endsWith("px");
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void the_pages_are_readable_when_zoomed_on_a_small_screen_and_in_the_dark() {
        browser.send(
                "Emulation.setDeviceMetricsOverride",
                java.util.Map.of(
                        "width", 320, "height", 480, "deviceScaleFactor", 2, "mobile", true));
        browser.open(http.base() + "/login");
        browser.awaitHeading("Sign in");
        assertThat(
                        browser.evaluate(
                                "String(document.documentElement.scrollWidth <= window.innerWidth)"))
                .as("no scrolling to the side (WCAG 2.2, 1.4.10)")
                .isEqualTo("true");
        browser.send(
                "Emulation.setEmulatedMedia",
                java.util.Map.of(
                        "features",
                        java.util.List.of(
                                java.util.Map.of(
                                        "name", "prefers-color-scheme", "value", "dark"))));
        for (var selector : java.util.List.of("h1", "label", "button.primary")) {
            assertThat(Double.parseDouble(browser.evaluate(contrast(selector))))
                    .as("contrast of " + selector + " (WCAG 2.2, 1.4.3)")
                    .isGreaterThanOrEqualTo(4.5);
        }
        browser.send("Emulation.clearDeviceMetricsOverride", java.util.Map.of());
        browser.send(
                "Emulation.setEmulatedMedia", java.util.Map.of("features", java.util.List.of()));
    }

    /** Of an element's text to the nearest background that is not transparent. */
    private static String contrast(String selector) {
        return """
        (() => {
          const canvas = document.createElement('canvas').getContext('2d');
          const rgb = text => {
            canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
            return canvas.getImageData(0, 0, 1, 1).data;
          };
          const light = c => {
            const [r, g, b] = [c[0], c[1], c[2]].map(v => v / 255)
              .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          let element = document.querySelector('%s');
          const front = light(rgb(getComputedStyle(element).color));
          const dark = matchMedia('(prefers-color-scheme: dark)').matches
            && getComputedStyle(document.documentElement).colorScheme.includes('dark');
          let back = dark ? [18, 18, 18, 255] : [255, 255, 255, 255];
          for (; element; element = element.parentElement) {
            const c = rgb(getComputedStyle(element).backgroundColor);
            if (c[3] === 255) { back = c; break; }
          }
          const [high, low] = [front, light(back)].sort((a, b) => b - a);
          return String((high + 0.05) / (low + 0.05));
        })()
        """
                .formatted(selector);
    }
}
