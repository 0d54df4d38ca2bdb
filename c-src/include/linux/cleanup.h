/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is undone at the end of a scope. A class has a type, an end and a beginning; a guard is a class whose
 * variable has no name, as only its beginning and its end matter.
 */
#ifndef _LINUX_CLEANUP_H
#define _LINUX_CLEANUP_H

#include <linux/compiler.h>
#include <linux/types.h>

#define __STUB_JOIN(a, b) a##b
#define __STUB_NAMED(a, b) __STUB_JOIN(a, b)
#define __UNIQUE_ID(prefix) __STUB_NAMED(__STUB_NAMED(__unique_, prefix), __COUNTER__)

/* ---- __free(name): the variable's value is given back ---- */

/* In @free, _T is the value. */
#define DEFINE_FREE(name, type, free)				\
	static inline void __free_##name(void *variable)	\
	{							\
		type _T = *(type *)variable;			\
								\
		free;						\
	}

#define __free(name) __cleanup(__free_##name)

/* The value, which the variable has no longer. */
#define no_free_ptr(variable) ({			\
	__auto_type __value = (variable);		\
	(variable) = NULL;				\
	__value;					\
})

#define return_ptr(variable) return no_free_ptr(variable)
#define retain_and_null_ptr(variable) ((void)no_free_ptr(variable))

/* ---- classes ---- */

/* In @end, _T is the value; @begin makes one of the parameters. */
#define DEFINE_CLASS(name, type, end, begin, params...)			\
	typedef type class_##name##_t;					\
	static inline void class_##name##_end(class_##name##_t *variable)	\
	{								\
		class_##name##_t _T = *variable;			\
									\
		end;							\
	}								\
	static inline class_##name##_t class_##name##_begin(params)	\
	{								\
		return begin;						\
	}

#define CLASS(name, variable) \
	class_##name##_t variable __cleanup(class_##name##_end) __maybe_unused = class_##name##_begin

/* ---- guards ---- */

/* Of what is a pointer itself, _T; where a try finds it taken, NULL stands for it. */
#define DEFINE_GUARD(name, type, lock, unlock)				\
	DEFINE_CLASS(name, type, if (_T) { unlock; }, ({ lock; _T; }), type _T)	\
	static inline bool class_##name##_is_held(const class_##name##_t *_T)	\
	{								\
		return *_T;						\
	}

#define DEFINE_GUARD_COND(name, ending, condition)			\
	typedef class_##name##_t class_##name##ending##_t;		\
	static inline void class_##name##ending##_end(class_##name##_t *variable)	\
	{								\
		class_##name##_end(variable);				\
	}								\
	static inline class_##name##_t class_##name##ending##_begin(class_##name##_t _T)	\
	{								\
		return (condition) ? _T : NULL;				\
	}								\
	static inline bool class_##name##ending##_is_held(const class_##name##_t *_T)	\
	{								\
		return *_T;						\
	}

/* Of a lock that is _T->lock, with more to be remembered in @fields of *_T; and of none at all. */
#define DEFINE_LOCK_GUARD_1(name, type, lock_it, unlock_it, fields...)	\
	typedef struct {						\
		type *lock;						\
		fields;							\
	} class_##name##_t;						\
	static inline void class_##name##_end(class_##name##_t *_T)	\
	{								\
		if (_T->lock) {						\
			unlock_it;					\
		}							\
	}								\
	static inline class_##name##_t class_##name##_begin(type *lock)	\
	{								\
		class_##name##_t guard = { .lock = lock }, *_T = &guard;	\
									\
		lock_it;						\
		return guard;						\
	}								\
	static inline bool class_##name##_is_held(const class_##name##_t *_T)	\
	{								\
		return _T->lock;					\
	}

#define DEFINE_LOCK_GUARD_1_COND(name, ending, condition)		\
	typedef class_##name##_t class_##name##ending##_t;		\
	static inline void class_##name##ending##_end(class_##name##_t *variable)	\
	{								\
		class_##name##_end(variable);				\
	}								\
	static inline class_##name##_t class_##name##ending##_begin(	\
		__typeof__(((class_##name##_t *)0)->lock) lock)		\
	{								\
		class_##name##_t guard = { .lock = lock }, *_T = &guard;	\
									\
		if (!(condition))					\
			guard.lock = NULL;				\
		return guard;						\
	}								\
	static inline bool class_##name##ending##_is_held(const class_##name##_t *_T)	\
	{								\
		return _T->lock;					\
	}

#define DEFINE_LOCK_GUARD_0(name, lock_it, unlock_it, fields...)	\
	typedef struct {						\
		bool lock;						\
		fields;							\
	} class_##name##_t;						\
	static inline void class_##name##_end(class_##name##_t *_T)	\
	{								\
		(void)_T;						\
		unlock_it;						\
	}								\
	static inline class_##name##_t class_##name##_begin(void)	\
	{								\
		class_##name##_t guard = { .lock = true }, *_T = &guard;	\
									\
		(void)_T;						\
		lock_it;						\
		return guard;						\
	}								\
	static inline bool class_##name##_is_held(const class_##name##_t *_T)	\
	{								\
		return _T->lock;					\
	}

/* To the end of the scope that it stands in. */
#define guard(name) CLASS(name, __UNIQUE_ID(guard))

/* For the statement behind it; of a try, only if it was had. */
#define scoped_guard(name, args...) __scoped_guard(name, __UNIQUE_ID(scope), __UNIQUE_ID(done), args)
#define __scoped_guard(name, scope, done, args...)					\
	for (CLASS(name, scope)(args), *done = NULL; class_##name##_is_held(&scope) && !done;	\
	     done = (void *)1)

/* The same, and @fail runs where it was not had. */
#define scoped_cond_guard(name, fail, args...) \
	__scoped_cond_guard(name, fail, __UNIQUE_ID(scope), __UNIQUE_ID(done), args)
#define __scoped_cond_guard(name, fail, scope, done, args...)				\
	for (CLASS(name, scope)(args), *done = NULL; !done; done = (void *)1)		\
		if (!class_##name##_is_held(&scope)) {					\
			fail;								\
		} else

#endif
