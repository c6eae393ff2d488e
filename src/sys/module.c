/* SPDX-License-Identifier: BSD-2-Clause */
/* dlopen(3), and where it may look. */
#include "sys/module.h"

#include "base/own.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* Why the last module was not loaded.  Main thread only. */
static char complaint[PATH_MAX + 256];

static struct err
complain(int code, const char **why, const char *words, const char *more)
{
	(void)snprintf(complaint, sizeof(complaint), "%s%s", words, more);
	*why = complaint;
	return err_make(code, OP_OPEN, SIDE_NONE, -1);
}

/* Of dlopen(3), errno says nothing; its own words name the file and the reason. */
static struct err
complain_of_loader(const char **why)
{
	const char *words =
	    dlerror(); // NOLINT(concurrency-mt-unsafe): glibc's and musl's is per thread
	return complain(ELIBBAD, why, words != NULL ? words : "the loader does not say why", "");
}

struct err
module_open(const char *path, const char *symbol, const void **what, const char **why)
{
	void *module;

	BUG_ON(path[0] != '/');
	if (access(path, F_OK) != 0) {
		struct err e = err_sys(OP_OPEN, SIDE_NONE, -1);
		return complain(e.code, why, "there is no ", path);
	}
	/* RTLD_NOW: a library that is too old is found out here, not in the midst of a run. */
	module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (module == NULL)
		return complain_of_loader(why);
	*what = dlsym(module, symbol);
	return *what != NULL ? ERR_OK : complain_of_loader(why);
}

/* True when whoever could change the file or directory at PATH could change the program as well. */
static bool
is_as_safe(const char *path, const struct stat *program)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_uid == program->st_uid || st.st_uid == 0) &&
	       (st.st_mode & S_IWOTH) == 0;
}

/* Write into PATH[PATH_MAX] where FILE is, if it safely is beside the program. */
static bool
is_beside_program(const char *file, char *path)
{
	struct stat program;
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	if (len <= 0 || stat("/proc/self/exe", &program) != 0)
		return false;
	path[len] = '\0';
	slash = strrchr(path, '/');
	/* A program that was removed while it runs has " (deleted)" there, and no slash is lost. */
	if (path[0] != '/' || slash == NULL)
		return false;
	slash[slash == path] = '\0';
	if (!is_as_safe(path, &program))
		return false;
	len = slash - path;
	if (snprintf(path + len, (size_t)(PATH_MAX - len), "/%s", file) >= PATH_MAX - len)
		return false;
	return is_as_safe(path, &program);
}

struct err
module_load(const char *file, const char *symbol, const void **what, const char **why)
{
	char path[PATH_MAX];

	BUG_ON(strchr(file, '/') != NULL);
	if (is_beside_program(file, path))
		return module_open(path, symbol, what, why);
	if (snprintf(path, sizeof(path), "%s/%s", PKGLIBDIR, file) >= (int)sizeof(path))
		return complain(ENOENT, why, "the name is too long: " PKGLIBDIR "/", file);
	return module_open(path, symbol, what, why);
}
