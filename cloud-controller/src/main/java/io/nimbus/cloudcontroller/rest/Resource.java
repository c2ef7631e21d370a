package io.nimbus.cloudcontroller.rest;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.errors.CloudException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.OrderField;
import org.jooq.Table;
import org.jooq.TableField;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** A declared resource: everything that {@link Engine} needs to serve it. */
public final class Resource {
    /** What somebody may do with a row. */
    public enum Right {
        /** To see it. */
        READ,
        /** To make it; asked of the new row, before it is committed. */
        CREATE,
        UPDATE,
        DELETE
    }

    /** What is served at the resource's own address. */
    public enum Operation {
        LIST,
        CREATE,
        READ,
        UPDATE,
        DELETE
    }

    /**
     * @param values the attributes whose given values the error's text names
     */
    record Unique(CloudError error, List<String> values) {}

    private final String name;
    private final String noun;
    private final Table<?> table;
    private final Field<Long> id;
    private final Field<String> guid;
    private final Field<Instant> createdAt;
    private final @Nullable Field<Instant> updatedAt;
    private final CloudError notFound;
    private final Set<Operation> operations;
    private final List<Member> members;
    private final List<ToMany> toMany;
    private final Map<String, Query> queries;
    private final Map<String, List<OrderField<?>>> sortKeys;
    private final @Nullable List<OrderField<?>> defaultOrder;
    private final Map<String, Unique> unique;
    private final Condition only;
    private final Map<Right, Function<Caller, Condition>> rights;
    private final List<Lifecycle> lifecycles;
    private final List<Attribute<?>> links;
    private final @Nullable Field<String> path;
    private final @Nullable BiConsumer<Caller, Map<String, Map<String, @Nullable Object>>>
            enrichment;
    private final int maxPerPage;
    private final boolean deletedInBackground;
    private final boolean deprecated;
    private final boolean hiddenWhenInvisible;
    private final boolean open;
    private final Function<ApiRequest, Condition> listed;
    private final List<String> listParameters;

    private Resource(Builder b) {
        name = b.name;
        noun = b.noun;
        table = b.table;
        id = column(table, "id", Long.class);
        guid = column(table, "guid", String.class);
        createdAt = column(table, "created_at", Instant.class);
        updatedAt = table.field("updated_at", Instant.class);
        notFound = b.notFound;
        operations = Set.copyOf(b.operations);
        members = List.copyOf(b.members);
        toMany = List.copyOf(b.toMany);
        queries = Map.copyOf(b.queries);
        sortKeys = Map.copyOf(b.sortKeys);
        defaultOrder = b.defaultOrder;
        unique = Map.copyOf(b.unique);
        only = b.only;
        rights = Map.copyOf(b.rights);
        lifecycles = List.copyOf(b.lifecycles);
        links = List.copyOf(b.links);
        path = b.path;
        enrichment = b.enrichment;
        maxPerPage = b.maxPerPage;
        deletedInBackground = b.deletedInBackground;
        deprecated = b.deprecated;
        hiddenWhenInvisible = b.hiddenWhenInvisible;
        open = b.open;
        listed = b.listed;
        listParameters = b.listParameters;
    }

    private static <T> Field<T> column(Table<?> table, String name, Class<T> type) {
        return Objects.requireNonNull(table.field(name, type), table.getName() + " has no " + name);
    }

    /**
     * @param name of the collection, as in the path: {@code private_domains}
     * @param noun of one, for messages: {@code domain}
     */
    public static Builder of(String name, String noun, Table<?> table, CloudError notFound) {
        return new Builder(name, noun, table, notFound);
    }

    public String name() {
        return name;
    }

    String noun() {
        return noun;
    }

    /** {@code /v2/<name>}. */
    public String path() {
        return "/v2/" + name;
    }

    Table<?> table() {
        return table;
    }

    Field<Long> id() {
        return id;
    }

    public Field<String> guid() {
        return guid;
    }

    Field<Instant> createdAt() {
        return createdAt;
    }

    @Nullable Field<Instant> updatedAt() {
        return updatedAt;
    }

    public CloudError notFound() {
        return notFound;
    }

    boolean serves(Operation operation) {
        return operations.contains(operation);
    }

    List<Member> members() {
        return members;
    }

    List<ToMany> toMany() {
        return toMany;
    }

    List<ToOne> toOne() {
        return members.stream().filter(ToOne.class::isInstance).map(ToOne.class::cast).toList();
    }

    List<Attribute<?>> links() {
        return links;
    }

    @Nullable Query query(String key) {
        return queries.get(key);
    }

    /** Null when lists cannot be ordered by it. */
    @Nullable List<OrderField<?>> order(String key) {
        return key.equals("id") ? List.of(id) : sortKeys.get(key);
    }

    List<OrderField<?>> defaultOrder() {
        return defaultOrder == null ? List.of(id) : defaultOrder;
    }

    @Nullable Unique unique(String constraint) {
        return unique.get(constraint);
    }

    /** Which rows of the table are of this kind. */
    Condition only() {
        return only;
    }

    /** In SQL, on a row of the table; admins may do everything. */
    public Condition allowed(Right right, Caller caller) {
        if (caller.isAdmin()) {
            return DSL.noCondition();
        }
        var rule = rights.get(right);
        return rule == null ? DSL.falseCondition() : rule.apply(caller);
    }

    /** Whether there is any row that the caller might do this with. */
    boolean isGranted(Right right, Caller caller) {
        return caller.isAdmin() || rights.containsKey(right);
    }

    List<Lifecycle> lifecycles() {
        return lifecycles;
    }

    @Nullable Field<String> pathOfRow() {
        return path;
    }

    @Nullable BiConsumer<Caller, Map<String, Map<String, @Nullable Object>>> enrichment() {
        return enrichment;
    }

    int maxPerPage() {
        return maxPerPage;
    }

    boolean isDeletedInBackground() {
        return deletedInBackground;
    }

    /** What a list holds for the one who asks like this. */
    Condition listed(ApiRequest request) {
        return listed.apply(request);
    }

    /** Request parameters that lists of it heed, beside the usual ones. */
    List<String> listParameters() {
        return listParameters;
    }

    boolean isDeprecated() {
        return deprecated;
    }

    boolean isOpen() {
        return open;
    }

    /** The error for a row that the caller may not do this with. */
    CloudException refusal(String wanted) {
        return hiddenWhenInvisible ? absent(wanted) : CloudError.NOT_AUTHORIZED.of();
    }

    /** The error for a row that is not there; that of buildpacks does not name it. */
    CloudException absent(String wanted) {
        return notFound.arguments() == 0 ? notFound.of() : notFound.of(wanted);
    }

    boolean exists(DSLContext dsl, String wanted) {
        return dsl.fetchExists(DSL.selectOne().from(table).where(guid.eq(wanted)).and(only));
    }

    /** What a resource is made of, in the order in which it is shown. */
    public static final class Builder {
        private final String name;
        private final String noun;
        private final Table<?> table;
        private final CloudError notFound;
        private final EnumSet<Operation> operations = EnumSet.allOf(Operation.class);
        private final List<Member> members = new ArrayList<>();
        private final List<ToMany> toMany = new ArrayList<>();
        private final List<Attribute<?>> links = new ArrayList<>();
        private final Map<String, Query> queries = new LinkedHashMap<>();
        private final Map<String, List<OrderField<?>>> sortKeys = new LinkedHashMap<>();
        private @Nullable List<OrderField<?>> defaultOrder;
        private final Map<String, Unique> unique = new LinkedHashMap<>();
        private final Map<Right, Function<Caller, Condition>> rights = new EnumMap<>(Right.class);
        private final List<Lifecycle> lifecycles = new ArrayList<>();
        private Condition only = DSL.noCondition();
        private @Nullable Field<String> path;
        private @Nullable BiConsumer<Caller, Map<String, Map<String, @Nullable Object>>> enrichment;
        private int maxPerPage = 100;
        private boolean deletedInBackground = true;
        private boolean deprecated;
        private boolean hiddenWhenInvisible;
        private boolean open;
        private Function<ApiRequest, Condition> listed = request -> DSL.noCondition();
        private List<String> listParameters = List.of();

        private Builder(String name, String noun, Table<?> table, CloudError notFound) {
            this.name = name;
            this.noun = noun;
            this.table = table;
            this.notFound = notFound;
        }

        /** Only these are served at the resource's own address. */
        public Builder serves(Operation... some) {
            operations.clear();
            operations.addAll(List.of(some));
            return this;
        }

        public Builder attributes(Attribute<?>... several) {
            members.addAll(List.of(several));
            return this;
        }

        public Builder toOne(ToOne relation) {
            members.add(relation);
            return this;
        }

        public Builder toMany(ToMany... relations) {
            toMany.addAll(List.of(relations));
            return this;
        }

        /** Further addresses that stand behind those of the relations. */
        public Builder links(Attribute<?>... addresses) {
            links.addAll(List.of(addresses));
            return this;
        }

        public Builder queryBy(Query... several) {
            for (var query : several) {
                queries.put(query.key(), query);
            }
            return this;
        }

        /** Lists may be ordered by this key; those of one value by creation. */
        public Builder sortBy(String key, TableField<?, ?> field) {
            sortKeys.put(key, List.of(field, column(table, "id", Long.class)));
            return this;
        }

        /** How lists are ordered that say nothing else; by creation when this is not called. */
        public Builder ordered(TableField<?, ?> field) {
            defaultOrder = List.of(field, column(table, "id", Long.class));
            return this;
        }

        /**
         * @param index the unique index's name
         * @param error with one argument for each of the values
         */
        public Builder unique(String index, CloudError error, String... values) {
            unique.put(index, new Unique(error, List.of(values)));
            return this;
        }

        /** The resource is this part of its table. */
        public Builder only(Condition condition) {
            only = condition;
            return this;
        }

        /** For those who are no admins. A right that is not granted to anybody is theirs alone. */
        public Builder grant(Right right, Function<Caller, Condition> to) {
            rights.put(right, to);
            return this;
        }

        /** To read it: everybody whose token lets him. */
        public Builder publicToAll() {
            return grant(Right.READ, caller -> DSL.noCondition());
        }

        /** To read it: who sees everything, and else whom the condition names. */
        public Builder visibleTo(Function<Caller, Condition> others) {
            return grant(
                    Right.READ,
                    caller -> caller.seesEverything() ? DSL.noCondition() : others.apply(caller));
        }

        public Builder on(Lifecycle... several) {
            lifecycles.addAll(List.of(several));
            return this;
        }

        /**
         * An SQL expression for the collection's path, where rows of one table have different ones.
         */
        public Builder pathOfRow(Field<String> expression) {
            path = expression.as("path_of_row");
            return this;
        }

        /** Completes the entities of a page, by guid, with what SQL does not know. */
        public Builder enrich(BiConsumer<Caller, Map<String, Map<String, @Nullable Object>>> with) {
            enrichment = with;
            return this;
        }

        public Builder perPageAtMost(int most) {
            maxPerPage = most;
            return this;
        }

        /** A delete is quick: {@code async} is not heeded. */
        public Builder deletedAtOnce() {
            deletedInBackground = false;
            return this;
        }

        /**
         * Lists of it hold what the request asks for by parameters of this resource's own.
         *
         * @param parameters which the next page's address carries on
         */
        public Builder listed(Function<ApiRequest, Condition> which, String... parameters) {
            listed = which;
            listParameters = List.of(parameters);
            return this;
        }

        /** Its list is also for who has not logged in; such a list has no relations written out. */
        public Builder openToStrangers() {
            open = true;
            return this;
        }

        /** Who may not see a row is told that there is none. */
        public Builder hiddenWhenInvisible() {
            hiddenWhenInvisible = true;
            return this;
        }

        /** Answers carry a warning. */
        public Builder deprecated() {
            deprecated = true;
            return this;
        }

        public Resource build() {
            return new Resource(this);
        }
    }
}
