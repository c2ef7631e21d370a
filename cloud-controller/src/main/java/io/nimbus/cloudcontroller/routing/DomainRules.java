package io.nimbus.cloudcontroller.routing;

import static io.nimbus.cloudcontroller.ccdb.Tables.DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTES;
import static io.nimbus.cloudcontroller.errors.CloudError.DOMAIN_INVALID;
import static org.jooq.impl.DSL.concat;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.lower;
import static org.jooq.impl.DSL.val;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Lifecycle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/** What may be a domain beside the others. */
final class DomainRules implements Lifecycle {
    private final RouteMappings mappings;

    DomainRules(RouteMappings mappings) {
        this.mappings = mappings;
    }

    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final int SHORTEST = 3;
    private static final int LONGEST = 253;

    /** Labels of letters, digits and dashes, at least two of them. */
    static void checkName(String name) {
        var labels = name.toLowerCase(Locale.ROOT).split("\\.", -1);
        if (name.length() < SHORTEST || name.length() > LONGEST) {
            throw DOMAIN_INVALID.of("the name has " + SHORTEST + " to " + LONGEST + " characters");
        }
        if (labels.length < 2) {
            throw DOMAIN_INVALID.of("the name has at least one dot");
        }
        for (var label : labels) {
            if (!LABEL.matcher(label).matches()) {
                throw DOMAIN_INVALID.of(
                        "the name is made of letters, digits, dashes and dots, as in example.com");
            }
        }
    }

    /** Every domain that this one is below. */
    private static List<String> above(String name) {
        var above = new ArrayList<String>();
        for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
            above.add(name.substring(dot + 1));
        }
        return above;
    }

    @Override
    public void beforeSave(Change change) {
        if (!change.isCreating()) {
            return;
        }
        var name = change.need(DOMAINS.NAME).toLowerCase(Locale.ROOT);
        var owner = change.get(DOMAINS.OWNING_ORGANIZATION_GUID);
        var lower = lower(DOMAINS.NAME);
        var foreign =
                change.tx()
                        .selectFrom(DOMAINS)
                        .where(DOMAINS.OWNING_ORGANIZATION_GUID.isNotNull())
                        .and(lower.in(above(name)).or(lower.like(concat(inline("%."), val(name)))))
                        .fetch();
        for (var other : foreign) {
            if (!Objects.equals(other.getOwningOrganizationGuid(), owner)) {
                throw DOMAIN_INVALID.of(
                        "another organization owns "
                                + other.getName()
                                + ", which is above or below it");
            }
        }
        var taken =
                change.tx()
                        .fetchExists(
                                change.tx()
                                        .selectOne()
                                        .from(ROUTES)
                                        .join(DOMAINS)
                                        .on(DOMAINS.GUID.eq(ROUTES.DOMAIN_GUID))
                                        .where(
                                                lower(
                                                                concat(
                                                                        ROUTES.HOST,
                                                                        inline("."),
                                                                        DOMAINS.NAME))
                                                        .eq(name)));
        if (taken) {
            throw DOMAIN_INVALID.of("there is a route of this name");
        }
    }

    @Override
    public void beforeDelete(Change change, boolean recursive) {
        var used = ROUTES.DOMAIN_GUID.eq(change.guid());
        if (recursive) {
            mappings.going(change, used);
            change.tx().deleteFrom(ROUTES).where(used).execute();
        } else if (change.tx().fetchExists(ROUTES, used)) {
            throw CloudError.ASSOCIATION_NOT_EMPTY.of("routes", "domains");
        }
    }
}
