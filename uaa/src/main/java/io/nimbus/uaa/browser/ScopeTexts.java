package io.nimbus.uaa.browser;

import java.util.Map;

/** Scopes in words. */
final class ScopeTexts {
    private static final Map<String, String> TEXTS =
            Map.of(
                    "openid", "Know who you are",
                    "cloud_controller.read", "See your apps, services, spaces and organizations",
                    "cloud_controller.write", "Change your apps, services and spaces",
                    "cloud_controller.admin", "Administer the whole platform",
                    "cloud_controller_service_permissions.read",
                            "See whether you may manage a service",
                    "password.write", "Change your password",
                    "scim.read", "See all users and groups",
                    "scim.write", "Change all users and groups",
                    "scim.userids", "Translate between names and ids of users",
                    "uaa.user", "Act as a user of this identity service");

    private ScopeTexts() {}

    static String describe(String scope) {
        var text = TEXTS.get(scope);
        return text == null ? scope : text + " (" + scope + ")";
    }
}
